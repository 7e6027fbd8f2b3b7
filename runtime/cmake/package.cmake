# Packages for Debian and what derives from it: `nexus-llm`, the program, and `libnexus-llm-dev`, the
# library. `./dev package` makes them, and tries them in a bare system.
set(NEXUS_LLM_MAINTAINER "the nexus-llm authors <nexus-llm@localhost>" CACHE STRING
  "Whom the packages name as their maintainer; who publishes them has an address")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME nexus-llm)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
# Otherwise that of the project begins the description of each package.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")
set(CPACK_PACKAGE_CONTACT ${NEXUS_LLM_MAINTAINER})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ
  GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_ALL program development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/compress_documents.cmake)

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME nexus-llm)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS "bash-completion")
set(CPACK_DEBIAN_PROGRAM_DESCRIPTION "prompts and chat for the models of a local Ollama
The program nexus-llm talks to the models that Ollama serves on this
machine: it answers prompts, holds conversations, manages models, retries
and falls back, and serves its roles to other processes and machines.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libnexus-llm-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
  "libcaf-dev, libcurl4-openssl-dev, libexpected-dev, libspdlog-dev, libssl-dev")
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION "supervised actors before a local Ollama (development files)
The headers, the static libraries and the CMake package of nexus-llm, for
programs that use its roles as CAF actors or as blocking calls.")

# What a package needs beside what is installed everywhere.
string(TIMESTAMP package_date "%a, %d %b %Y %H:%M:%S +0000" UTC)
foreach(component program development)
  string(TOUPPER ${component} upper)
  set(package ${CPACK_DEBIAN_${upper}_PACKAGE_NAME})
  set(documents ${PROJECT_BINARY_DIR}/package/${package})
  file(WRITE ${documents}/changelog
    "nexus-llm (${PROJECT_VERSION}) unstable; urgency=medium\n\n"
    "  * CHANGELOG.md tells what is new.\n\n"
    " -- ${NEXUS_LLM_MAINTAINER}  ${package_date}\n")
  file(READ ${PROJECT_SOURCE_DIR}/LICENSE license)
  string(REGEX REPLACE "^[^\n]*\n\n([^\n]*)\n" "" license "${license}")
  set(copyright_line ${CMAKE_MATCH_1})
  file(WRITE ${documents}/copyright
    "${package}: ${PROJECT_DESCRIPTION}\n\n${copyright_line}\n${license}")
  set(folder ${CMAKE_INSTALL_DATADIR}/doc/${package})
  install(FILES ${documents}/changelog ${documents}/copyright DESTINATION ${folder}
    COMPONENT ${component} EXCLUDE_FROM_ALL)
endforeach()
install(FILES ${PROJECT_SOURCE_DIR}/CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/nexus-llm
  COMPONENT program EXCLUDE_FROM_ALL)
install(FILES ${PROJECT_SOURCE_DIR}/docs/nexus-llm.service DESTINATION lib/systemd/system
  COMPONENT program EXCLUDE_FROM_ALL)

include(CPack)
