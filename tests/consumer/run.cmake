function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${ARGN} failed:\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE ${SCRATCH_DIRECTORY})
run(${CMAKE_COMMAND} --install ${BUILD_DIRECTORY} --prefix ${SCRATCH_DIRECTORY}/prefix)
set(flags "")
if(SANITIZE)
  set(flags "-fsanitize=${SANITIZE}")
endif()
run(${CMAKE_COMMAND} -S ${PROJECT_DIRECTORY} -B ${SCRATCH_DIRECTORY}/build -G Ninja
  -DCMAKE_PREFIX_PATH=${SCRATCH_DIRECTORY}/prefix -DCAF_ROOT=${CAF_ROOT}
  -DCMAKE_CXX_FLAGS=${flags})
run(${CMAKE_COMMAND} --build ${SCRATCH_DIRECTORY}/build)
run(${SCRATCH_DIRECTORY}/build/consumer)
file(REMOVE_RECURSE ${SCRATCH_DIRECTORY})
