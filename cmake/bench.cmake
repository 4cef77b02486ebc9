# SPDX-License-Identifier: MIT
# tests/bench/bench_X.c makes the program bench_X, built on demand only:
# ninja benchmarks.
file(GLOB sources CONFIGURE_DEPENDS tests/bench/bench_*.c)
if(sources)
    add_custom_target(benchmarks)
endif()
foreach(source IN LISTS sources)
    get_filename_component(name ${source} NAME_WE)
    add_executable(${name} EXCLUDE_FROM_ALL ${source})
    target_link_libraries(${name} PRIVATE ${syncspec_below_cli})
    add_dependencies(benchmarks ${name})
endforeach()
