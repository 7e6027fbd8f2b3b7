# Finds CAF, the C++ Actor Framework: either an installed 1.x, which brings a CMake package, or
# 0.17 as Debian ships it, which does not. CAF_ROOT names another installation.
#
# Defines CAF_FOUND, CAF_VERSION and the targets CAF::core, CAF::io and CAF::openssl.

set(_caf_wanted ${CAF_FIND_VERSION})
if(CAF_FIND_VERSION_EXACT)
  list(APPEND _caf_wanted EXACT)
endif()
find_package(CAF ${_caf_wanted} CONFIG QUIET HINTS ${CAF_ROOT} $ENV{CAF_ROOT}
  NO_CMAKE_PACKAGE_REGISTRY)
if(TARGET CAF::core)
  find_package(OpenSSL REQUIRED) # of CAF::openssl, which does not look for it
  set(CAF_FOUND TRUE)
  return()
endif()

find_path(CAF_INCLUDE_DIR caf/actor_system.hpp HINTS ${CAF_ROOT} $ENV{CAF_ROOT} PATH_SUFFIXES include)
find_library(CAF_CORE_LIBRARY NAMES caf_core caf_core_static NAMES_PER_DIR HINTS ${CAF_ROOT} $ENV{CAF_ROOT} PATH_SUFFIXES lib)

if(CAF_INCLUDE_DIR)
  file(STRINGS "${CAF_INCLUDE_DIR}/caf/config.hpp" _caf_version REGEX "#define CAF_VERSION [0-9]+")
  string(REGEX REPLACE ".* ([0-9]+)" "\\1" _caf_number "${_caf_version}")
  if(_caf_number)
    math(EXPR _caf_major "${_caf_number} / 10000")
    math(EXPR _caf_minor "${_caf_number} / 100 % 100")
    math(EXPR _caf_patch "${_caf_number} % 100")
    set(CAF_VERSION "${_caf_major}.${_caf_minor}.${_caf_patch}")
  endif()
endif()

foreach(_caf_part io openssl)
  string(TOUPPER ${_caf_part} _caf_name)
  find_library(CAF_${_caf_name}_LIBRARY NAMES caf_${_caf_part} caf_${_caf_part}_static NAMES_PER_DIR
    HINTS ${CAF_ROOT} $ENV{CAF_ROOT} PATH_SUFFIXES lib)
endforeach()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(CAF
  REQUIRED_VARS CAF_CORE_LIBRARY CAF_IO_LIBRARY CAF_OPENSSL_LIBRARY CAF_INCLUDE_DIR
  VERSION_VAR CAF_VERSION)

if(CAF_FOUND AND NOT TARGET CAF::core)
  find_package(Threads REQUIRED)
  add_library(CAF::core UNKNOWN IMPORTED)
  set_target_properties(CAF::core PROPERTIES
    IMPORTED_LOCATION "${CAF_CORE_LIBRARY}"
    INTERFACE_LINK_LIBRARIES "Threads::Threads;${CMAKE_DL_LIBS}")
  # -isystem /usr/include would break the standard library's #include_next.
  if(NOT CAF_INCLUDE_DIR STREQUAL "/usr/include")
    set_target_properties(CAF::core PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${CAF_INCLUDE_DIR}")
  endif()
  add_library(CAF::io UNKNOWN IMPORTED)
  set_target_properties(CAF::io PROPERTIES
    IMPORTED_LOCATION "${CAF_IO_LIBRARY}"
    INTERFACE_LINK_LIBRARIES CAF::core)
  find_package(OpenSSL REQUIRED)
  add_library(CAF::openssl UNKNOWN IMPORTED)
  set_target_properties(CAF::openssl PROPERTIES
    IMPORTED_LOCATION "${CAF_OPENSSL_LIBRARY}"
    INTERFACE_LINK_LIBRARIES "CAF::io;OpenSSL::SSL;OpenSSL::Crypto")
endif()
mark_as_advanced(CAF_INCLUDE_DIR CAF_CORE_LIBRARY CAF_IO_LIBRARY CAF_OPENSSL_LIBRARY)
