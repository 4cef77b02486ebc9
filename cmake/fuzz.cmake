# SPDX-License-Identifier: MIT
# fuzz/fuzz_X.c makes the libFuzzer program fuzz_X (SYNCSPEC_FUZZ) or replay_X,
# which feeds files to the same entry point under any compiler, so that seeds
# and regressions are tests.  Other files of fuzz/ are shared by all targets.
file(GLOB syncspec_fuzz_sources CONFIGURE_DEPENDS fuzz/fuzz_*.c)
file(GLOB shared CONFIGURE_DEPENDS fuzz/*.c)
list(FILTER shared EXCLUDE REGEX "/(fuzz_[^/]*|replay)\\.c$")
if(syncspec_fuzz_sources AND shared)
    add_library(fuzz_shared STATIC ${shared})
    target_link_libraries(fuzz_shared PUBLIC ${syncspec_below_cli})
endif()

function(syncspec_fuzz_program program source)
    if(SYNCSPEC_FUZZ)
        add_executable(${program} ${source})
        target_link_options(${program} PRIVATE -fsanitize=fuzzer)
        add_dependencies(fuzzers ${program})
    else()
        add_executable(${program} ${source} fuzz/replay.c)
    endif()
    if(TARGET fuzz_shared)
        target_link_libraries(${program} PRIVATE fuzz_shared)
    endif()
    target_link_libraries(${program} PRIVATE ${syncspec_below_cli})
endfunction()

# Whatever of fuzz/seeds/X and fuzz/regressions/X exists is replayed.
function(syncspec_fuzz_replay name)
    set(folders)
    foreach(kind seeds regressions)
        file(GLOB files CONFIGURE_DEPENDS fuzz/${kind}/${name}/*)
        if(files)
            list(APPEND folders fuzz/${kind}/${name})
        endif()
    endforeach()
    if(folders)
        syncspec_test(replay_${name} replay_${name} ${folders})
    endif()
endfunction()

set(prefix replay_)
if(SYNCSPEC_FUZZ)
    set(prefix fuzz_)
    add_custom_target(fuzzers)
endif()
foreach(source IN LISTS syncspec_fuzz_sources)
    get_filename_component(stem ${source} NAME_WE)
    string(REGEX REPLACE "^fuzz_" "" stem ${stem})
    syncspec_fuzz_program(${prefix}${stem} ${source})
    if(SYNCSPEC_TESTS AND NOT SYNCSPEC_FUZZ)
        syncspec_fuzz_replay(${stem})
    endif()
endforeach()

# The fuzzer's own museum piece: a merge that forgets the milliseconds.  Tests
# demand that the seeds show it (tests/fuzz/test_planted.sh).
if(SYNCSPEC_FUZZ_PLANT OR (SYNCSPEC_TESTS AND NOT SYNCSPEC_FUZZ))
    syncspec_fuzz_program(${prefix}merge_planted fuzz/fuzz_merge.c)
    target_compile_definitions(${prefix}merge_planted PRIVATE
        SYNCSPEC_PLANT_IGNORE_MS)
endif()
