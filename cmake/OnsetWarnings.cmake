# Warnings and sanitizers of our own code, as targets, so that no dependency is ever compiled with them.
add_library(onset_warnings INTERFACE)
target_compile_options(onset_warnings INTERFACE -Wall -Wextra -Wpedantic -Werror)

add_library(onset_sanitizers INTERFACE)
if(ONSET_SANITIZE)
  target_compile_options(onset_sanitizers INTERFACE -fsanitize=${ONSET_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(onset_sanitizers INTERFACE -fsanitize=${ONSET_SANITIZE})
endif()
