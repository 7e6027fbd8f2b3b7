# Every test that docs/testing.md, docs/reliability.md and docs/requirements.md name exists: a test of
# CTest, a case or suite of Boost.Test, or a scenario. So does every public header that they name. And
# docs/testing.md names every test of CTest.
cmake_minimum_required(VERSION 3.22)

file(GLOB_RECURSE sources ${SOURCE_DIRECTORY}/tests/*.cpp)
set(all "")
foreach(source ${sources})
  file(READ ${source} text)
  string(APPEND all "${text}")
endforeach()
# A long name stands on a line of its own.
string(REGEX REPLACE "_TEST_CASE\\(\n *" "_TEST_CASE(" all "${all}")

execute_process(COMMAND ${CMAKE_CTEST_COMMAND} --test-dir ${BUILD_DIRECTORY} --show-only
  OUTPUT_VARIABLE listing RESULT_VARIABLE failed ERROR_QUIET)
string(REGEX MATCHALL "Test +#[0-9]+: [^\n]+" listing "${listing}")
set(ctest_names "")
foreach(line ${listing})
  string(REGEX REPLACE "^Test +#[0-9]+: " "" name "${line}")
  list(APPEND ctest_names ${name})
endforeach()
if(failed OR NOT ctest_names)
  message(FATAL_ERROR "CTest does not list its tests")
endif()
# These are no tests of every configuration.
list(APPEND ctest_names instructions node_message_fuzz_replay)

function(check_name page name)
  if(name IN_LIST ctest_names OR EXISTS ${SOURCE_DIRECTORY}/tests/scenarios/${name}.json)
    return()
  endif()
  foreach(mark "_TEST_CASE(${name})" "_TEST_CASE(${name}," "_TEST_SUITE(${name})"
      "_TEST_SUITE(${name},")
    string(FIND "${all}" "${mark}" at)
    if(NOT at EQUAL -1)
      return()
    endif()
  endforeach()
  message(SEND_ERROR "docs/${page} names a test that does not exist: ${name}")
endfunction()

# Checks the tables of a page. `rows` and `columns` are regular expressions for the rows, and for the
# part of each of them, to look at.
function(check page rows columns least)
  file(STRINGS ${SOURCE_DIRECTORY}/docs/${page} lines REGEX "${rows}")
  set(count 0)
  foreach(line ${lines})
    string(REGEX MATCH "${columns}" part "${line}")
    string(REGEX MATCHALL "`[a-z0-9_]+`" names "${part}")
    foreach(name ${names})
      string(REPLACE "`" "" name "${name}")
      check_name(${page} ${name})
      math(EXPR count "${count} + 1")
    endforeach()
    string(REGEX MATCHALL "nexus_llm/[a-z_]+\\.hpp" headers "${line}")
    foreach(header ${headers})
      file(GLOB found ${SOURCE_DIRECTORY}/*/include/${header})
      if(NOT found)
        message(SEND_ERROR "docs/${page} names a header that does not exist: ${header}")
      endif()
    endforeach()
  endforeach()
  if(count LESS least)
    message(SEND_ERROR "docs/${page} names only ${count} tests")
  endif()
endfunction()

set(last_column "\\|[^|]*\\|$")
check(testing.md "^\\| " ".*" 120)
check(requirements.md "^\\| " "${last_column}" 30)
# Its guarantees; what is killed and what fails has tables of other widths.
check(reliability.md "^\\|[^|]*\\|[^|]*\\|[^|]*\\|$" "${last_column}" 10)

file(READ ${SOURCE_DIRECTORY}/docs/testing.md page)
foreach(name ${ctest_names})
  string(FIND "${page}" "| `${name}`" alone)
  string(FIND "${page}" ", `${name}`" among)
  if(alone EQUAL -1 AND among EQUAL -1)
    message(SEND_ERROR "docs/testing.md does not name the test ${name}")
  endif()
endforeach()
