# A room is one static library `onset::<name>` made of libanalysis/onset/<name>/*.cpp. It sees the headers of the rooms it
# links and no others: an include that points upward does not build.
#
#   onset_room(text LINKS onset::base ICU::uc [TORCH])
#
# TORCH: the room's sources include LibTorch, so they share the precompiled header.
function(onset_room name)
  cmake_parse_arguments(ROOM "TORCH" "" "LINKS;PRIVATE_LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  # Each room's headers are reached through a folder of their own, which holds a link to nothing but that room.
  set(view ${PROJECT_BINARY_DIR}/include/${name})
  file(MAKE_DIRECTORY ${view}/onset)
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${view}/onset/${name} SYMBOLIC)
  if(NOT sources)
    add_library(onset_${name} INTERFACE)
    add_library(onset::${name} ALIAS onset_${name})
    target_include_directories(onset_${name} INTERFACE ${view})
    return()
  endif()
  add_library(onset_${name} STATIC ${sources})
  add_library(onset::${name} ALIAS onset_${name})
  target_include_directories(onset_${name} PUBLIC ${view})
  target_link_libraries(onset_${name} PUBLIC ${ROOM_LINKS} onset_sanitizers PRIVATE onset_warnings ${ROOM_PRIVATE_LINKS})
  if(ROOM_TORCH)
    target_link_libraries(onset_${name} PUBLIC onset::torch)
    onset_use_torch_pch(onset_${name})
  endif()
endfunction()

# Precompiled headers, shared by all targets that include what is in them. Of LibTorch not the whole of
# <torch/torch.h>: what of its modules a source does not use it would still instantiate, 2 s each time.
set(ONSET_TORCH_HEADERS <torch/types.h> <torch/autograd.h> <torch/cuda.h> <torch/utils.h>)
set(ONSET_TEST_HEADERS <gmock/gmock.h> <gtest/gtest.h>)

#   onset_precompile(target carrier LINKS … HEADERS …)
#
# `carrier` is the target that compiles them, made by the first call that names it.
function(onset_precompile target carrier)
  cmake_parse_arguments(PCH "" "" "LINKS;HEADERS" ${ARGN})
  if(NOT TARGET ${carrier})
    add_library(${carrier} STATIC ${PROJECT_SOURCE_DIR}/cmake/precompiled.cpp)
    target_link_libraries(${carrier} PRIVATE ${PCH_LINKS} onset_warnings onset_sanitizers)
    target_precompile_headers(${carrier} PRIVATE ${PCH_HEADERS})
  endif()
  target_precompile_headers(${target} REUSE_FROM ${carrier})
  # The header is compiled with -fPIC; what reuses it must be, too, and CMake would give a program -fPIE.
  get_target_property(type ${target} TYPE)
  if(type STREQUAL EXECUTABLE)
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${target} PRIVATE -fPIC)
  endif()
endfunction()

function(onset_use_torch_pch target)
  onset_precompile(${target} onset_torch_pch LINKS onset::torch HEADERS ${ONSET_TORCH_HEADERS})
endfunction()

# The tests of a room: every test/<room>/*_test.cpp, found by pattern so that none can be left out.
#
#   onset_tests(text LINKS onset::text [TORCH])
function(onset_tests name)
  cmake_parse_arguments(TESTS "TORCH" "" "LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(onset_${name}_test ${sources})
  target_link_libraries(onset_${name}_test PRIVATE ${TESTS_LINKS} onset_warnings onset_sanitizers GTest::gtest GTest::gmock GTest::gtest_main)
  target_include_directories(onset_${name}_test PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_options(onset_${name}_test PRIVATE $<$<CONFIG:Release>:-O1>)  # a third of the time to compile them
  target_compile_definitions(onset_${name}_test PRIVATE
    ONSET_FIXTURES="${CMAKE_CURRENT_SOURCE_DIR}/fixtures" ONSET_SHARED_DATA="${PROJECT_SOURCE_DIR}/../shared/data")
  if(TESTS_TORCH)
    onset_precompile(onset_${name}_test onset_torch_tests_pch LINKS onset::torch GTest::gmock
      HEADERS ${ONSET_TORCH_HEADERS} ${ONSET_TEST_HEADERS})
    # One process for all of them: LibTorch takes half a second to start.
    add_test(NAME ${name} COMMAND onset_${name}_test --gtest_brief=1)
  else()
    # Some rooms use OpenMP: with it for all, one header serves them.
    target_link_libraries(onset_${name}_test PRIVATE OpenMP::OpenMP_CXX)
    onset_precompile(onset_${name}_test onset_tests_pch LINKS GTest::gmock OpenMP::OpenMP_CXX
      HEADERS ${ONSET_TEST_HEADERS})
    gtest_discover_tests(onset_${name}_test TEST_PREFIX ${name}. DISCOVERY_MODE PRE_TEST)
  endif()
endfunction()
