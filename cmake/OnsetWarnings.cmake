# Warnings and sanitizers of our own code, as targets, so that no dependency is ever compiled with them.
add_library(onset_warnings INTERFACE)
target_compile_options(onset_warnings INTERFACE -Wall -Wextra -Wpedantic -Werror)

add_library(onset_sanitizers INTERFACE)
if(ONSET_SANITIZE)
  # GCC 12 with sanitizers sees uninitialised parts in std::function where there are none (its bug 105562).
  target_compile_options(onset_sanitizers INTERFACE -fsanitize=${ONSET_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all
    -Wno-maybe-uninitialized)
  target_link_options(onset_sanitizers INTERFACE -fsanitize=${ONSET_SANITIZE})
endif()
