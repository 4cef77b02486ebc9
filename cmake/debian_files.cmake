# SPDX-License-Identifier: MIT
# Run by cpack between installing into a folder and packing that folder: what
# Debian has under other names, and compressed.
set(root ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share)
set(doc ${root}/doc/syncspec)

file(RENAME ${doc}/LICENSE ${doc}/copyright)
file(RENAME ${doc}/CHANGELOG.md ${doc}/changelog)

# The date is that of the sources where SOURCE_DATE_EPOCH tells it.
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE ${doc}/changelog.Debian
    "syncspec (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) "
    "unstable; urgency=medium\n\n"
    "  * Built by cpack; what is new is in changelog.gz.\n\n"
    " -- ${CPACK_PACKAGE_CONTACT}  ${date}\n")

file(GLOB compressed ${root}/man/man*/*.[15]
    ${doc}/changelog ${doc}/changelog.Debian)
foreach(file IN LISTS compressed)
    execute_process(COMMAND gzip -9nf ${file} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
