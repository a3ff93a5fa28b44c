#include "onset/series/contained.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "test/series/expect_error.h"

namespace onset {
namespace {

using std::chrono::seconds;

TEST(Contained, GivesBackWhatTheWorkReturned) {
  EXPECT_EQ(run_contained("f", seconds(60), [] { return std::string(); }), "");
  const std::string large(1U << 20U, 'x');
  EXPECT_EQ(run_contained("f", seconds(60), [&] { return large; }), large);
}

TEST(Contained, TheWorkChangesNothingHere) {
  int value = 1;
  run_contained("f", seconds(60), [&] {
    value = 2;
    return std::string();
  });
  EXPECT_EQ(value, 1);
}

TEST(Contained, AnErrorComesThrough) {
  expect_error(ErrorKind::configuration, "f: too new", [] {
    run_contained("f", seconds(60),
                  []() -> std::string { throw Error(ErrorKind::configuration, "f: too new"); });
  });
  expect_error(ErrorKind::bad_data, "f: damaged: boom", [] {
    run_contained("f", seconds(60), []() -> std::string { throw std::runtime_error("boom"); });
  });
}

TEST(Contained, ACrashIsBadData) {
  for (const int signal : {SIGSEGV, SIGABRT, SIGBUS}) {
    expect_error(ErrorKind::bad_data, "f: damaged: the library that reads it crashes on it", [&] {
      run_contained("f", seconds(60), [&]() -> std::string {
        ::raise(signal);
        return "never";
      });
    });
  }
  expect_error(ErrorKind::bad_data, "f: damaged: the library that reads it crashes on it",
               [] { run_contained("f", seconds(60), []() -> std::string { ::_exit(1); }); });
}

TEST(Contained, AnEndlessLoopIsBadData) {
  expect_error(ErrorKind::bad_data, "f: damaged: the library that reads it does not come to an end", [] {
    run_contained("f", seconds(1), []() -> std::string {
      while (true) ::pause();
    });
  });
}

TEST(Contained, BeingKilledFromOutsideIsNoFaultOfTheFile) {
  expect_error(ErrorKind::io, "f: reading was ended by signal 9", [] {
    run_contained("f", seconds(60), []() -> std::string {
      ::raise(SIGKILL);
      return "never";
    });
  });
}

}  // namespace
}  // namespace onset
