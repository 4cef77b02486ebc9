# SPDX-License-Identifier: MIT
# Language, warnings and instruments, as the interface library syncspec_flags.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug or Release" FORCE)
endif()
set(CMAKE_C_FLAGS_RELEASE "-O2 -g1")

add_library(syncspec_flags INTERFACE)
target_compile_definitions(syncspec_flags INTERFACE _POSIX_C_SOURCE=200809L
    SYNCSPEC_VERSION="${PROJECT_VERSION}"
    SYNCSPEC_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
    SYNCSPEC_DATA_DIR="${CMAKE_INSTALL_FULL_DATADIR}/syncspec")
target_include_directories(syncspec_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(syncspec_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
    -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wvla
    -Wformat=2 -Wundef -Wwrite-strings -Wpointer-arith -Wcast-qual
    -Wswitch-enum -Wdouble-promotion -fno-common -fno-omit-frame-pointer)
if(SYNCSPEC_WERROR)
    target_compile_options(syncspec_flags INTERFACE -Werror)
endif()

set(syncspec_clang OFF)
if(CMAKE_C_COMPILER_ID MATCHES "Clang")
    set(syncspec_clang ON)
endif()

if(SYNCSPEC_FUZZ)
    if(NOT syncspec_clang)
        message(FATAL_ERROR "SYNCSPEC_FUZZ needs clang: "
            "-DCMAKE_C_COMPILER=clang (or cmake --preset fuzz)")
    endif()
    target_compile_options(syncspec_flags INTERFACE
        -fsanitize=fuzzer-no-link,address,undefined
        -fno-sanitize-recover=undefined)
    target_link_options(syncspec_flags INTERFACE -fsanitize=address,undefined)
elseif(SYNCSPEC_SANITIZE)
    target_compile_options(syncspec_flags INTERFACE
        -fsanitize=address,undefined -fno-sanitize-recover=all)
    target_link_options(syncspec_flags INTERFACE -fsanitize=address,undefined)
endif()

if(SYNCSPEC_COVERAGE)
    if(syncspec_clang)
        set(syncspec_counters -fprofile-instr-generate -fcoverage-mapping)
    else()
        set(syncspec_counters --coverage)
    endif()
    target_compile_options(syncspec_flags INTERFACE ${syncspec_counters})
    target_link_options(syncspec_flags INTERFACE ${syncspec_counters})
endif()

if(SYNCSPEC_ANALYZE)
    if(syncspec_clang)
        message(FATAL_ERROR "SYNCSPEC_ANALYZE needs gcc")
    endif()
    target_compile_options(syncspec_flags INTERFACE -fanalyzer)
    # gcc 12 loses what its list of pieces holds; LeakSanitizer does not.
    set_source_files_properties(harness/transport/sim_live.c PROPERTIES
        COMPILE_OPTIONS -Wno-analyzer-malloc-leak)
endif()

if(SYNCSPEC_LTO AND CMAKE_BUILD_TYPE STREQUAL "Release")
    include(CheckIPOSupported)
    check_ipo_supported(RESULT syncspec_ipo OUTPUT syncspec_ipo_why
        LANGUAGES C)
    if(syncspec_ipo)
        set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
    else()
        message(STATUS "No optimisation across files: not supported here")
    endif()
endif()
