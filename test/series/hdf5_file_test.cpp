#include "onset/series/hdf5_file.h"

#include <gtest/gtest.h>
#include <hdf5.h>
#include <hdf5_hl.h>

#include <fstream>

#include "onset/base/file.h"
#include "test/series/example_series.h"
#include "test/series/expect_error.h"
#include "test/series/limited_files.h"
#include "test/series/whole_series.h"
#include "test/temporary_folder.h"

namespace onset {
namespace {

TEST(Hdf5File, ASeriesComesBackBitForBit) {
  const TemporaryFolder folder;
  write_series(folder / "s.h5", whole_series());
  EXPECT_EQ(read_series(folder / "s.h5"), whole_series());
}

TEST(Hdf5File, LargeArraysComeBackToo) {
  const TemporaryFolder folder;
  const Series series =
      whole_series({0, 1, 2, 3}, 20'000);  // score: 4 x 20 000 x 2 x 4 bytes = 640 kB in rows of 160 kB
  write_series(folder / "s.h5", series);
  EXPECT_EQ(read_series(folder / "s.h5"), series);
}

TEST(Hdf5File, OneStepNoStepAndEmptyAxesWork) {
  const TemporaryFolder folder;
  for (const std::vector<std::int64_t>& steps : {std::vector<std::int64_t>{7}, std::vector<std::int64_t>{}}) {
    Series series = whole_series(steps);
    Frame frame;
    frame.group = "empty";
    frame.axes = {{"relation", std::vector<std::string>{}}, {"layer", std::vector<std::int64_t>{}}};
    frame.constants = {{"total", {"relation"}, std::vector<std::int64_t>{}, "", ""}};
    series.groups["empty"] = {
        frame, {{"correct", {"step", "layer", "relation"}, std::vector<std::int64_t>{}, "", ""}}};
    series.groups["bare"].frame.group = "bare";
    write_series(folder / "s.h5", series);
    EXPECT_EQ(read_series(folder / "s.h5"), series);
  }
}

TEST(Hdf5File, AGroupMayLieInAnother) {
  const TemporaryFolder folder;
  Series series = whole_series({0, 1});
  for (const std::string name : {"glue/cola", "glue/mrpc", "uas/more"}) {
    Group group;
    group.frame.group = name;
    group.frame.axes = {{"seed", std::vector<std::int64_t>{1, 2, 3}}};
    group.frame.attributes = {{"epochs", std::int64_t{3}}};
    group.variables = {{"accuracy", {"step", "seed"}, counting<double>(6, 0.5), "", ""},
                       {"accuracy_mean", {"step"}, counting<double>(2, 0.25), "", ""}};
    series.groups[name] = group;
  }
  write_series(folder / "s.h5", series);
  const Series back = read_series(folder / "s.h5");
  EXPECT_EQ(back, series);  // no group "glue": it holds nothing of its own
  ASSERT_NE(find_curve(back, "/glue/mrpc/accuracy"), nullptr);
  const std::vector<std::string> wanted = {"glue/cola/accuracy_mean"};
  EXPECT_EQ(read_curves(folder / "s.h5", wanted).curves.at(wanted[0]), (std::vector<double>{0.25, 1.25}));
  EXPECT_EQ(read_variable(folder / "s.h5", "glue/cola/accuracy")->axes[1].name, "seed");
}

TEST(Hdf5File, StringsKeepTheirBytes) {
  const TemporaryFolder folder;
  Series series = whole_series();
  series.groups["uas"].frame.axes[3].labels = std::vector<std::string>{"", "é", "日本語", "a b\n"};
  series.attributes["run"] = "";
  series.attributes["long"] = std::string(100'000, 'x');
  write_series(folder / "s.h5", series);
  EXPECT_EQ(read_series(folder / "s.h5"), series);
}

TEST(Hdf5File, TheSameSeriesIsTheSameBytes) {
  const TemporaryFolder folder;
  write_series(folder / "a.h5", whole_series({0, 1, 2}, 5000));
  write_series(folder / "b.h5", whole_series({0, 1, 2}, 5000));
  EXPECT_EQ(read_file(folder / "a.h5"), read_file(folder / "b.h5"));
}

/// The written file through HDF5's own eyes.
class Hdf5Layout : public testing::Test {
 protected:
  Hdf5Layout() {
    write_series(folder_ / "s.h5", whole_series({0, 1, 2, 3}, 20'000));
    file_ = H5Fopen((folder_ / "s.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  }
  ~Hdf5Layout() override { H5Fclose(file_); }

  hid_t open(const std::string& path) const { return H5Dopen2(file_, path.c_str(), H5P_DEFAULT); }

  /// The path of the scale on each dimension.
  std::vector<std::string> scales(const std::string& path) const {
    const hid_t array = open(path);
    std::vector<std::string> out;
    const hid_t space = H5Dget_space(array);
    const int rank = H5Sget_simple_extent_ndims(space);
    for (int i = 0; i < rank; ++i) {
      EXPECT_EQ(H5DSget_num_scales(array, static_cast<unsigned>(i)), 1) << path;
      const H5DS_iterate_t add = [](hid_t, unsigned, hid_t scale, void* to) -> herr_t {
        char name[100];
        H5Iget_name(scale, name, sizeof name);
        static_cast<std::vector<std::string>*>(to)->emplace_back(name);
        return 0;
      };
      H5DSiterate_scales(array, static_cast<unsigned>(i), nullptr, add, &out);
    }
    H5Sclose(space);
    H5Dclose(array);
    return out;
  }

  TemporaryFolder folder_;
  hid_t file_;
};

TEST_F(Hdf5Layout, EveryAxisOfEveryArrayHasItsScale) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(scales("/checkpoint"), Names{"/step"});
  EXPECT_EQ(scales("/sha256"), Names{"/step"});
  EXPECT_EQ(scales("/uas/correct"),
            (Names{"/step", "/uas/direction", "/uas/layer", "/uas/head", "/uas/relation"}));
  EXPECT_EQ(scales("/uas/total"), Names{"/uas/relation"});
  EXPECT_EQ(scales("/uas/micro"), Names{"/step"});
  EXPECT_EQ(scales("/uas/micro_replicates"), (Names{"/step", "/replicate"}));
  EXPECT_EQ(scales("/pll/overall_replicates"), (Names{"/step", "/replicate"}));
  EXPECT_EQ(scales("/pll/score"), (Names{"/step", "/pll/pair", "/pll/sentence"}));
  for (const char* path : {"/step", "/replicate", "/uas/direction", "/uas/layer", "/pll/pair"}) {
    const hid_t array = open(path);
    EXPECT_GT(H5DSis_scale(array), 0) << path;
    char name[100] = {};
    H5DSget_scale_name(array, name, sizeof name);
    EXPECT_EQ(std::string(name), std::string(path).substr(std::string(path).rfind('/') + 1));
    H5Dclose(array);
  }
}

TEST_F(Hdf5Layout, LargeArraysAreCompressedInWholeStepRows) {
  const hid_t array = open("/pll/score");
  const hid_t creation = H5Dget_create_plist(array);
  ASSERT_EQ(H5Pget_layout(creation), H5D_CHUNKED);
  hsize_t chunk[3] = {};
  H5Pget_chunk(creation, 3, chunk);
  EXPECT_EQ(chunk[0], 1U);  // a row is 160 000 bytes: two do not fit into 256 KiB
  EXPECT_EQ(chunk[1], 20'000U);
  EXPECT_EQ(chunk[2], 2U);
  EXPECT_TRUE(H5Zfilter_avail(H5Z_FILTER_DEFLATE));
  EXPECT_EQ(H5Pget_nfilters(creation), 2);
  EXPECT_LT(H5Dget_storage_size(array), 640'000U / 2);
  H5Pclose(creation);
  H5Dclose(array);
  const hid_t small = open("/uas/correct");
  const hid_t contiguous = H5Dget_create_plist(small);
  EXPECT_EQ(H5Pget_layout(contiguous), H5D_CONTIGUOUS);
  H5Pclose(contiguous);
  H5Dclose(small);
}

TEST_F(Hdf5Layout, MissingIsDeclared) {
  const hid_t array = open("/uas/correct");
  const hid_t attribute = H5Aopen(array, "_FillValue", H5P_DEFAULT);
  std::int64_t fill = 0;
  H5Aread(attribute, H5T_NATIVE_INT64, &fill);
  EXPECT_EQ(fill, -1);
  const hid_t creation = H5Dget_create_plist(array);
  fill = 0;
  H5Pget_fill_value(creation, H5T_NATIVE_INT64, &fill);
  EXPECT_EQ(fill, -1);
  H5Pclose(creation);
  H5Aclose(attribute);
  H5Dclose(array);
  const hid_t real = open("/uas/micro");
  const hid_t nan = H5Aopen(real, "_FillValue", H5P_DEFAULT);
  double value = 0;
  H5Aread(nan, H5T_NATIVE_DOUBLE, &value);
  EXPECT_TRUE(std::isnan(value));
  H5Aclose(nan);
  H5Dclose(real);
}

TEST_F(Hdf5Layout, StringsAreOfVariableLengthAndUtf8) {
  for (const char* path : {"/checkpoint", "/sha256", "/uas/relation", "/pll/pair"}) {
    const hid_t array = open(path);
    const hid_t type = H5Dget_type(array);
    EXPECT_GT(H5Tis_variable_str(type), 0) << path;
    EXPECT_EQ(H5Tget_cset(type), H5T_CSET_UTF8) << path;
    H5Tclose(type);
    H5Dclose(array);
  }
}

TEST(Hdf5File, AFailedWriteKeepsTheOldFile) {
  const TemporaryFolder folder;
  const auto path = folder / "s.h5";
  write_series(path, whole_series({0}));
  const std::string before = read_file(path);
  for (const rlim_t limit_bytes : {rlim_t{0}, rlim_t{100}, rlim_t{10'000}}) {
    const LimitedFiles limit(limit_bytes);
    expect_error(ErrorKind::io, path.string() + ": cannot write: File too large", [&] {
      write_series(path, whole_series({0, 1, 2}));
    });
  }
  EXPECT_EQ(read_file(path), before);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
  write_series(path, whole_series({0, 1, 2}));
  EXPECT_EQ(read_series(path), whole_series({0, 1, 2}));
  expect_error(ErrorKind::io, "/nowhere/s.h5: cannot create: No such file or directory",
               [] { write_series("/nowhere/s.h5", whole_series()); });
}

TEST(Hdf5File, WhatDoesNotFitIsABugAndNothingIsWritten) {
  const TemporaryFolder folder;
  Series series = whole_series();
  std::get<std::vector<double>>(series.groups["uas"].variables[1].values).pop_back();
  expect_error(ErrorKind::bug, "uas/micro: expected 5 values by its axes, found 4",
               [&] { write_series(folder / "s.h5", series); });
  series = whole_series();
  series.groups["pll"].frame.axes.back().labels = std::vector<std::int64_t>{0, 1, 2, 3, 5};
  expect_error(ErrorKind::bug, "group uas has other replicates than another group",
               [&] { write_series(folder / "s.h5", series); });
  series = whole_series();
  series.attributes["schema"] = "mine";
  EXPECT_THROW(write_series(folder / "s.h5", series), Error);
  EXPECT_FALSE(std::filesystem::exists(folder / "s.h5"));
}

}  // namespace
}  // namespace onset
