// Carries a precompiled header; see cmake/OnsetRoom.cmake.
