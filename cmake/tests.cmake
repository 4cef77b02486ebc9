# SPDX-License-Identifier: MIT
# tests/<layer>/*.c make test_<layer>, linked with that layer only;
# tests/<folder>/test_*.sh are script tests, run from the project's root.

# Check runs tests in this process: a child each costs a leak scan each.
set(syncspec_test_environment
    "CK_FORK=no"
    "UBSAN_OPTIONS=print_stacktrace=1"
    "CC=${CMAKE_C_COMPILER}"
    "SYNCSPEC_BUILD_DIR=${PROJECT_BINARY_DIR}")
if(TARGET syncspec)
    list(APPEND syncspec_test_environment "SYNCSPEC=$<TARGET_FILE:syncspec>")
endif()
add_executable(bad_server tests/tools/bad_server.c)
target_link_libraries(bad_server PRIVATE syncspec_flags)
add_executable(narrow_server tests/tools/narrow_server.c)
target_link_libraries(narrow_server PRIVATE syncspec_flags)
target_compile_definitions(narrow_server PRIVATE _GNU_SOURCE) # memmem
list(APPEND syncspec_test_environment
    "BAD_SERVER=$<TARGET_FILE:bad_server>"
    "NARROW_SERVER=$<TARGET_FILE:narrow_server>")

function(syncspec_test name)
    add_test(NAME ${name} COMMAND ${ARGN}
        WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES TIMEOUT 1800
        ENVIRONMENT "${syncspec_test_environment}")
endfunction()

foreach(layer base protocol mock_server reports scenario transport check client
        run cli)
    file(GLOB sources CONFIGURE_DEPENDS tests/${layer}/*.c)
    if(sources AND TARGET ${layer})
        add_executable(test_${layer} ${sources})
        target_link_libraries(test_${layer} PRIVATE ${layer} PkgConfig::CHECK)
        syncspec_test(${layer} test_${layer})
    endif()
endforeach()

find_program(SYNCSPEC_BASH bash REQUIRED)
file(GLOB scripts CONFIGURE_DEPENDS tests/*/test_*.sh)
foreach(script IN LISTS scripts)
    get_filename_component(stem ${script} NAME_WE)
    get_filename_component(folder ${script} DIRECTORY)
    get_filename_component(folder ${folder} NAME)
    string(REGEX REPLACE "^test_" "${folder}_" name ${stem})
    syncspec_test(${name} ${SYNCSPEC_BASH} ${script})
endforeach()
# Long and mostly waiting: begun first, so that the others run beside them.
set_tests_properties(cli_soak_full cli_soak PROPERTIES COST 1000 LABELS soak)
# Most tests wait more than they work.  These work, and are long: two at a time,
# and what waits beside them.
set_tests_properties(cli_worlds cli_check_same cli_merging docs_check_guide
    PROPERTIES RESOURCE_LOCK work_one COST 950)
set_tests_properties(museum_detection cli_hashes cli_check_other_servers
    docs_container PROPERTIES RESOURCE_LOCK work_other COST 950)
set_tests_properties(run PROPERTIES COST 900)
# Both write the completion script into the folder of the build.
set_tests_properties(docs_install docs_package PROPERTIES
    RESOURCE_LOCK install)
