// Carries the precompiled LibTorch header; see cmake/OnsetRoom.cmake.
