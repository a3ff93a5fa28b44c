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

# One precompiled header for everything that includes LibTorch (20 s a source without it). Not the whole of
# <torch/torch.h>: what of its modules a source does not use it would still instantiate, 2 s each time.
function(onset_use_torch_pch target)
  if(NOT TARGET onset_torch_pch)
    add_library(onset_torch_pch STATIC ${PROJECT_SOURCE_DIR}/cmake/torch_pch.cpp)
    target_link_libraries(onset_torch_pch PRIVATE onset::torch onset_warnings onset_sanitizers)
    target_precompile_headers(onset_torch_pch PRIVATE <torch/types.h> <torch/autograd.h> <torch/cuda.h> <torch/utils.h>)
  endif()
  target_precompile_headers(${target} REUSE_FROM onset_torch_pch)
  # The header is compiled with -fPIC; what reuses it must be, too, and CMake would give a program -fPIE.
  get_target_property(type ${target} TYPE)
  if(type STREQUAL EXECUTABLE)
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${target} PRIVATE -fPIC)
  endif()
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
    onset_use_torch_pch(onset_${name}_test)
  endif()
  gtest_discover_tests(onset_${name}_test TEST_PREFIX ${name}. DISCOVERY_MODE PRE_TEST)
endfunction()
