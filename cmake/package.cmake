# SPDX-License-Identifier: MIT
# The package for Debian and Ubuntu: `cpack -G DEB`, or ./dev package.
set(CPACK_GENERATOR DEB)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_PACKAGE_NAME syncspec)
set(CPACK_PACKAGE_VENDOR "syncspec developers")
set(CPACK_PACKAGE_CONTACT "syncspec developers <noreply@example.org>")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY
    "conformance suite and simulator for local-first sync servers")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Scripted devices write, go offline, crash, lose answers and come back, in
virtual time or over real sockets.  Checkers read what happened and name the
write that was lost, the device or server that lost it, and the clause of the
protocol that this breaks.
.
`syncspec check URL` is the conformance suite for a running server.  The
package has a server to try it with, the scenarios, and manual pages.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

# Libraries are found by dpkg-shlibdeps; the loop's plug-in is loaded by name
# at run time, where nothing can see it.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS libwebsockets-evlib-uv)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS sqlite3)

# Compressed pages, `copyright`, changelogs: as Debian wants them.
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/debian_files.cmake)
include(CPack)
