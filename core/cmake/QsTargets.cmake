# Project-wide compiler settings and the functions that declare libraries and tests.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# Dozens of programs are linked for the tests: mold needs a third of the time of GNU ld.
include(CheckLinkerFlag)
check_linker_flag(CXX -fuse-ld=mold QS_HAS_MOLD)
if(QS_HAS_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_library(qs_flags INTERFACE)
# -ffp-contract=off: encoders must round exactly as their references do; a fused multiply-add changes bytes.
target_compile_options(qs_flags INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wno-sign-conversion -Wshadow
                                          -Wnon-virtual-dtor -ffp-contract=off)
if(QS_WARNINGS_AS_ERRORS)
  target_compile_options(qs_flags INTERFACE -Werror)
endif()
if(QS_SANITIZE)
  # Instrumented code makes GCC 12 warn falsely about values in its own headers.
  target_compile_options(qs_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_compile_options(qs_flags INTERFACE -fsanitize=${QS_SANITIZE} -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_link_options(qs_flags INTERFACE -fsanitize=${QS_SANITIZE})
endif()

# What nearly every source file includes anyway: a target that precompiles it builds in half the time.
set(QS_COMMON_HEADERS <algorithm> <chrono> <cmath> <cstdint> <filesystem> <fstream> <functional> <map> <memory> <mutex> <optional>
                      <ranges> <set> <span> <sstream> <string> <unordered_map> <variant> <vector>)

# qs_library(NAME PATH [DEPS lib…] [EXTERNAL lib…])
# A static library made of every *.cpp in the current folder, included as "PATH/header.h". Its headers are visible
# only to targets that link it: each library has its own include root, so an include against the direction of the
# dependencies does not compile.
function(qs_library name path)
  cmake_parse_arguments(ARG "" "" "DEPS;EXTERNAL;SUBFOLDERS" ${ARGN})
  set(globs "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp" "${CMAKE_CURRENT_SOURCE_DIR}/*.h")
  foreach(folder IN LISTS ARG_SUBFOLDERS)
    list(APPEND globs "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp" "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.h")
  endforeach()
  file(GLOB sources CONFIGURE_DEPENDS ${globs})
  set(root "${CMAKE_BINARY_DIR}/include/${name}")
  get_filename_component(parent "${path}" DIRECTORY)
  file(MAKE_DIRECTORY "${root}/${parent}")
  file(CREATE_LINK "${CMAKE_CURRENT_SOURCE_DIR}" "${root}/${path}" SYMBOLIC)
  add_library(${name} STATIC ${sources})
  set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX UNITY_BUILD ${QS_UNITY} UNITY_BUILD_BATCH_SIZE 16)
  target_include_directories(${name} PUBLIC "${root}")
  target_link_libraries(${name} PUBLIC qs_flags ${ARG_DEPS} ${ARG_EXTERNAL})
endfunction()
