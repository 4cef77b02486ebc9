# SPDX-License-Identifier: MIT
# Find every package, and name all that are missing in one message together
# with what Debian and Ubuntu call them.
find_package(PkgConfig QUIET)
if(NOT PkgConfig_FOUND)
    message(FATAL_ERROR "pkg-config is missing: apt-get install pkg-config")
endif()

set(syncspec_missing)

function(syncspec_package prefix module apt)
    pkg_check_modules(${prefix} QUIET IMPORTED_TARGET GLOBAL ${module})
    if(NOT ${prefix}_FOUND)
        list(APPEND syncspec_missing ${apt})
        set(syncspec_missing ${syncspec_missing} PARENT_SCOPE)
        message(STATUS "Not found: ${module} (package ${apt})")
    endif()
endfunction()

syncspec_package(CJSON libcjson libcjson-dev)
syncspec_package(CURL libcurl libcurl4-openssl-dev)
syncspec_package(LWS libwebsockets libwebsockets-dev)
syncspec_package(UV libuv libuv1-dev)
syncspec_package(SQLITE sqlite3 libsqlite3-dev)
syncspec_package(CRYPTO "libcrypto>=3.0" libssl-dev)
if(SYNCSPEC_TESTS)
    syncspec_package(CHECK check check)
endif()

if(syncspec_missing)
    list(JOIN syncspec_missing " " syncspec_missing)
    message(FATAL_ERROR "Packages are missing. On Debian or Ubuntu:\n"
        "  apt-get install ${syncspec_missing}\n"
        "or let ./dev install-deps do it.")
endif()

# libwebsockets loads its libuv loop at run time, from a package of its own.
find_file(SYNCSPEC_LWS_UV NAMES libwebsockets-evlib_uv.so
    PATHS ${LWS_LIBDIR} PATH_SUFFIXES ${CMAKE_LIBRARY_ARCHITECTURE}
    NO_CACHE)
if(NOT SYNCSPEC_LWS_UV)
    message(WARNING "libwebsockets' libuv plug-in was not found; unless it "
        "is built in, install the package libwebsockets-evlib-uv.")
endif()
