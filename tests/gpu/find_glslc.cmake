# cmake -DWORK=DIR -DROOT=DIR -P find_glslc.cmake
# The shader compiler is that of an SDK that VULKAN_SDK names, and the system's where none is named. How the project
# searches is taken from its own CMakeLists.txt.
file(READ "${ROOT}/CMakeLists.txt" project)
string(REGEX MATCH "find_package\\(Vulkan[^)]*\\)" search "${project}")
file(REMOVE_RECURSE "${WORK}")
file(WRITE "${WORK}/source/CMakeLists.txt" "cmake_minimum_required(VERSION 3.25)
project(FindGlslc LANGUAGES C)
${search}
get_target_property(glslc Vulkan::glslc IMPORTED_LOCATION)
message(STATUS \"glslc is <\${glslc}>\")
")
set(of_sdk "${WORK}/sdk/bin/glslc")
file(WRITE "${of_sdk}" "#!/bin/sh\n")
file(CHMOD "${of_sdk}" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)

function(find_with sdk result)
  execute_process(
    COMMAND ${CMAKE_COMMAND} -E env "VULKAN_SDK=${sdk}" ${CMAKE_COMMAND} -S "${WORK}/source" -B "${WORK}/build-${result}"
    OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT output MATCHES "glslc is <([^>]*)>")
    message(FATAL_ERROR "No glslc was found:\n${output}")
  endif()
  set(${result} "${CMAKE_MATCH_1}" PARENT_SCOPE)
endfunction()
find_with("${WORK}/sdk" with_sdk)
find_with("" without_sdk)
if(NOT with_sdk STREQUAL of_sdk OR without_sdk STREQUAL of_sdk OR NOT EXISTS "${without_sdk}")
  message(FATAL_ERROR "With an SDK ${with_sdk} was found, without one ${without_sdk}.")
endif()
