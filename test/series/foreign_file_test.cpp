// Series files that others wrote: only schema, schema_version, /step and the curves are sure to be there.
#include "test/series/foreign_file.h"

#include <gtest/gtest.h>

#include "onset/series/hdf5_file.h"
#include "test/series/example_series.h"
#include "test/series/expect_error.h"
#include "test/temporary_folder.h"

namespace onset {
namespace {

class Foreign : public testing::Test {
 protected:
  /// Makes the file, lets `fill` put things into it beyond schema and /step = 0, 100, 300.
  template <typename Fill>
  std::filesystem::path file(const Fill& fill) const {
    ForeignFile out(folder_ / "s.h5");
    out.as_series();
    out.numbers("/step", H5T_STD_I16BE, {3}, {0, 100, 300});
    fill(out);
    return folder_ / "s.h5";
  }

  /// A file without anything but what `fill` puts there.
  template <typename Fill>
  std::filesystem::path bare(const Fill& fill) const {
    ForeignFile out(folder_ / "s.h5");
    fill(out);
    return folder_ / "s.h5";
  }

  std::string name() const { return (folder_ / "s.h5").string(); }

  TemporaryFolder folder_;
};

const std::vector<std::string> two_curves = {"uas/micro", "pll/overall"};

TEST_F(Foreign, CurvesNeedNothingButStep) {
  const auto path = file([](ForeignFile& out) {
    out.group("/uas");
    out.numbers("/uas/micro", H5T_IEEE_F32BE, {3}, {0.5, nan64, 0.25});
    out.numbers("/uas/micro_replicates", H5T_IEEE_F64LE, {3, 2}, {1, 2, 3, 4, 5, 6});
    out.group("/loss");
    out.numbers("/loss/tokens", H5T_STD_I32BE, {3}, {7, -1, 9});
  });
  const std::vector<std::string> wanted = {"uas/micro", "/loss/tokens", "pll/overall", "uas/none", "uas", ""};
  const Curves curves = read_curves(path, wanted);
  EXPECT_EQ(curves.steps, (std::vector<std::int64_t>{0, 100, 300}));
  ASSERT_EQ(curves.curves.size(), 2U);
  EXPECT_EQ(curves.curves.at("uas/micro")[0], 0.5);
  EXPECT_TRUE(std::isnan(curves.curves.at("uas/micro")[1]));
  EXPECT_EQ(curves.curves.at("/loss/tokens")[0], 7);
  EXPECT_TRUE(std::isnan(curves.curves.at("/loss/tokens")[1]));  // -1: missing
  ASSERT_EQ(curves.replicates.size(), 1U);
  EXPECT_EQ(curves.replicates.at("uas/micro").count, 2);
  EXPECT_EQ(curves.replicates.at("uas/micro").values, (std::vector<float>{1, 2, 3, 4, 5, 6}));
}

TEST_F(Foreign, TheWholeFileIsReadAsFarAsItGoes) {
  const auto path = file([](ForeignFile& out) {
    out.texts("/sha256", {"a", "bc", ""}, H5T_STR_SPACEPAD);
    out.texts("/checkpoint", {"one", "two", "three"}, H5T_STR_NULLPAD);
    out.group("/uas");
    out.numbers("/uas/correct", H5T_STD_U8LE, {3, 2}, {1, 2, 3, 4, 5, 6});
    out.numbers("/uas/total", H5T_STD_I64BE, {2}, {10, 20});
    out.texts("/uas/notes", {"ignored"}, H5T_STR_NULLPAD);
  });
  const Series series = read_series(path);
  ASSERT_EQ(series.steps.size(), 3U);
  EXPECT_EQ(series.steps[1], (StepInfo{100, "two", "bc"}));
  EXPECT_TRUE(series.attributes.empty());
  const Variable* const correct = find_curve(series, "uas/correct");
  ASSERT_NE(correct, nullptr);
  EXPECT_EQ(correct->axes, (std::vector<std::string>{"step", "dim_2"}));
  EXPECT_EQ(std::get<std::vector<std::int64_t>>(correct->values),
            (std::vector<std::int64_t>{1, 2, 3, 4, 5, 6}));
  ASSERT_NE(find_constant(series, "uas/total"), nullptr);
  EXPECT_EQ(series.groups.at("uas").frame.axes,
            (std::vector<Axis>{{"dim_2", std::vector<std::int64_t>{0, 1}}}));
  write_series(folder_ / "again.h5", series);
  EXPECT_EQ(read_series(folder_ / "again.h5"), series);
}

TEST_F(Foreign, OneArrayComesWithItsLabels) {
  const auto path = file([](ForeignFile& out) {
    out.group("/uas");
    out.numbers("/uas/correct", H5T_STD_I32LE, {3, 2}, {1, 2, 3, 4, 5, 6});
    out.texts("/uas/relation", {"all", "nsubj"}, H5T_STR_NULLPAD);
    out.scale("/uas/correct", 1, "/uas/relation");
  });
  const auto found = read_variable(path, "uas/correct");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->variable.axes, (std::vector<std::string>{"step", "relation"}));
  EXPECT_EQ(found->axes[0].labels, Labels(std::vector<std::int64_t>{0, 100, 300}));
  EXPECT_EQ(found->axes[1].labels, Labels(std::vector<std::string>{"all", "nsubj"}));
  EXPECT_EQ(find_curve(read_series(path), "uas/correct")->axes, found->variable.axes);
  EXPECT_FALSE(read_variable(path, "uas/wrong").has_value());
  expect_error(ErrorKind::bad_data, name() + ": /uas/relation: expected numbers",
               [&] { read_variable(path, "uas/relation"); });
}

TEST_F(Foreign, WithoutTheSchemaItIsNoSeries) {
  auto path = bare([](ForeignFile& out) { out.numbers("/step", H5T_STD_I64LE, {1}, {0}); });
  expect_error(ErrorKind::bad_data, name() + ": schema: expected the attribute \"onset-series\", found none",
               [&] { read_series(path); });
  expect_error(ErrorKind::bad_data, name() + ": schema: expected the attribute \"onset-series\", found none",
               [&] { read_curves(path, two_curves); });
  path = bare([](ForeignFile& out) { out.text_attribute("schema", "onset"); });
  expect_error(ErrorKind::bad_data,
               name() + ": schema: expected the attribute \"onset-series\", found another",
               [&] { read_series(path); });
  path = bare([](ForeignFile& out) { out.whole_attribute("schema", H5T_STD_I32LE, 1); });
  expect_error(ErrorKind::bad_data,
               name() + ": schema: expected the attribute \"onset-series\", found another",
               [&] { read_variable(path, "uas/micro"); });
  path = bare([](ForeignFile& out) { out.text_attribute("schema", "onset-series"); });
  expect_error(ErrorKind::bad_data, name() + ": schema_version: expected a positive integer",
               [&] { read_series(path); });
}

TEST_F(Foreign, ANewerSchemaIsLeftAlone) {
  const auto path = bare([](ForeignFile& out) {
    out.text_attribute("schema", "onset-series");
    out.whole_attribute("schema_version", H5T_STD_I32LE, 2);
  });
  expect_error(ErrorKind::configuration,
               name() + ": schema_version: expected at most 1, found 2: written by a newer onset",
               [&] { read_series(path); });
}

TEST_F(Foreign, StepsMustAscend) {
  const auto steps = [&](hid_t type, const std::vector<hsize_t>& dims, const std::vector<double>& values) {
    return bare([&](ForeignFile& out) {
      out.as_series();
      out.numbers("/step", type, dims, values);
    });
  };
  EXPECT_EQ(read_curves(steps(H5T_IEEE_F32BE, {2}, {0, 10}), two_curves).steps,
            (std::vector<std::int64_t>{0, 10}));
  for (const auto& values : {std::vector<double>{0, 10, 10}, std::vector<double>{5, 10, 1}}) {
    const auto path = steps(H5T_STD_I64LE, {3}, values);
    expect_error(ErrorKind::bad_data, name() + ": /step: expected ascending steps, none twice",
                 [&] { read_curves(path, two_curves); });
  }
  for (const double value : {-1.0, 0.5, nan64, 1e300}) {
    const auto path = steps(H5T_IEEE_F64LE, {1}, {value});
    expect_error(ErrorKind::bad_data, name() + ": /step: expected whole numbers from 0",
                 [&] { read_curves(path, two_curves); });
  }
  auto path = steps(H5T_STD_I64LE, {1, 2}, {0, 1});
  expect_error(ErrorKind::bad_data, name() + ": /step: expected integers along one dimension",
               [&] { read_curves(path, two_curves); });
  path = bare([](ForeignFile& out) { out.as_series(); });
  expect_error(ErrorKind::bad_data, name() + ": /step: missing", [&] { read_curves(path, two_curves); });
}

TEST_F(Foreign, ACurveIsOneValueAStep) {
  auto path = file([](ForeignFile& out) {
    out.group("/uas");
    out.numbers("/uas/micro", H5T_IEEE_F32BE, {2}, {0.5, 1});
  });
  expect_error(ErrorKind::bad_data, name() + ": /uas/micro: expected shape [3], found [2]",
               [&] { read_curves(path, two_curves); });
  path = file([](ForeignFile& out) {
    out.group("/uas");
    out.numbers("/uas/micro", H5T_IEEE_F32BE, {3}, {0.5, 1, 2});
    out.numbers("/uas/micro_replicates", H5T_IEEE_F32BE, {2, 3}, {1, 2, 3, 4, 5, 6});
  });
  expect_error(ErrorKind::bad_data, name() + ": /uas/micro_replicates: expected shape [3, 3], found [2, 3]",
               [&] { read_curves(path, two_curves); });
  path = file([](ForeignFile& out) {
    out.group("/uas");
    out.texts("/uas/micro", {"a", "b", "c"}, H5T_STR_NULLPAD);
  });
  expect_error(ErrorKind::bad_data, name() + ": /uas/micro: expected numbers",
               [&] { read_curves(path, two_curves); });
  path = file([](ForeignFile& out) {
    out.group("/uas");
    out.numbers("/uas/micro", H5T_IEEE_F32BE, {3}, {0.5, 1, 2});
    out.texts("/uas/micro_replicates", {"a", "b", "c"}, H5T_STR_NULLPAD, {3, 1});
  });
  expect_error(ErrorKind::bad_data, name() + ": /uas/micro_replicates: expected numbers",
               [&] { read_curves(path, two_curves); });
}

TEST_F(Foreign, ValuesInAnotherFileAreNotFollowed) {
  const auto path = file([](ForeignFile& out) {
    out.group("/uas");
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(creation, "/etc/passwd", 0, 24);
    const hsize_t size = 3;
    const hid_t space = H5Screate_simple(1, &size, nullptr);
    H5Dclose(H5Dcreate2(out.id(), "/uas/micro", H5T_IEEE_F64LE, space, H5P_DEFAULT, creation, H5P_DEFAULT));
    H5Sclose(space);
    H5Pclose(creation);
    H5Lcreate_external("/etc/hosts", "/", out.id(), "/pll", H5P_DEFAULT, H5P_DEFAULT);
  });
  expect_error(ErrorKind::bad_data,
               name() + ": /uas/micro: expected its values in this file, found them elsewhere",
               [&] { read_curves(path, two_curves); });
}

TEST_F(Foreign, SizesBeyondTheFileAreNotBelieved) {
  const auto path = file([](ForeignFile& out) {
    out.group("/uas");
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t chunk[2] = {1, 1024};
    H5Pset_chunk(creation, 2, chunk);
    const hsize_t dims[2] = {3, hsize_t{1} << 40U};
    const hid_t space = H5Screate_simple(2, dims, nullptr);
    H5Dclose(H5Dcreate2(out.id(), "/uas/weight", H5T_IEEE_F64LE, space, H5P_DEFAULT, creation, H5P_DEFAULT));
    H5Sclose(space);
    H5Pclose(creation);
  });
  expect_error(ErrorKind::bad_data,
               name() + ": /uas/weight: claims more values than a file of this length can hold",
               [&] { read_series(path); });
  EXPECT_TRUE(read_curves(path, two_curves).curves.empty());  // what is not asked for does no harm
}

TEST_F(Foreign, LengthsThatNoSeriesHasAreNotRead) {
  auto path = bare([](ForeignFile& out) {
    out.as_series();
    out.zeros("/step", H5T_STD_I64LE, {10'000'001});
  });
  const std::string steps = name() + ": /step: expected at most 10000000 steps, found 10000001";
  expect_error(ErrorKind::bad_data, steps, [&] { read_curves(path, two_curves); });
  expect_error(ErrorKind::bad_data, steps, [&] { read_series(path); });
  expect_error(ErrorKind::bad_data, steps, [&] { read_variable(path, "uas/micro"); });
  path = file([](ForeignFile& out) {
    out.group("/uas");
    out.numbers("/uas/micro", H5T_IEEE_F64LE, {3}, {0.5, 1, 2});
    out.zeros("/uas/micro_replicates", H5T_IEEE_F32LE, {3, 1'000'001});
  });
  const std::string replicates =
      name() + ": /uas/micro_replicates: expected at most 1000000 replicates, found 1000001";
  expect_error(ErrorKind::bad_data, replicates, [&] { read_curves(path, two_curves); });
  expect_error(ErrorKind::bad_data, replicates, [&] { read_series(path); });
  EXPECT_EQ(read_header(path).arrays.size(), 2U);  // needs no values
}

TEST_F(Foreign, ArraysTogetherAreBoundByTheFilesLength) {
  // Three times 24 MiB in a file of some kilobytes, of which 64 MiB and little more are believed.
  const auto path = file([](ForeignFile& out) {
    out.group("/uas");
    for (const char* const array : {"/uas/a", "/uas/b", "/uas/c"})
      out.zeros(array, H5T_IEEE_F64LE, {3, 1U << 20U});
  });
  EXPECT_TRUE(read_variable(path, "uas/a").has_value());
  expect_error(ErrorKind::bad_data,
               name() + ": /uas/c: with it the arrays claim more values than a file of this length can hold",
               [&] { read_series(path); });
}

TEST_F(Foreign, ManyObjectsAreNoSeries) {
  const auto with = [&](int groups) {
    return file([&](ForeignFile& out) {
      for (int i = 0; i < groups; ++i) out.group("/g" + std::to_string(i));
    });
  };
  EXPECT_EQ(read_header(with(9'999)).groups.size(), 9'999U);  // and /step
  expect_error(ErrorKind::bad_data,
               name() + ": /: expected at most 10000 groups and arrays in the file, found more",
               [&, path = with(10'000)] { read_header(path); });
}

TEST_F(Foreign, GroupsBelowTheThirdLevelAreNotLookedAt) {
  const auto path = file([](ForeignFile& out) {
    std::string at;
    for (int depth = 0; depth < 300; ++depth) out.group(at += "/g");
  });
  EXPECT_EQ(read_header(path).groups.size(), 2U);
}

TEST_F(Foreign, ScalesThatAreNotThereAreNamed) {
  auto path = file([](ForeignFile& out) {
    out.group("/uas");
    out.numbers("/uas/micro", H5T_IEEE_F64LE, {3}, {0.5, 1, 2});
    out.numbers("/old", H5T_STD_I64LE, {3}, {0, 1, 2});
    out.scale("/uas/micro", 0, "/old");
    H5Ldelete(out.id(), "/old", H5P_DEFAULT);
  });
  expect_error(ErrorKind::bad_data,
               name() +
                   ": /uas/micro: dimension 0: expected its dimension scale, found a reference to an "
                   "array that is no longer there",
               [&] { read_curves(path, two_curves); });
  path = file([](ForeignFile& out) {
    std::string at;
    for (int depth = 0; depth < 4; ++depth) out.group(at += "/g");
    out.texts(at + "/relation", {"all", "nsubj"}, H5T_STR_NULLPAD);
    out.numbers("/g/total", H5T_STD_I64LE, {2}, {5, 6});
    out.scale("/g/total", 0, at + "/relation");
  });
  expect_error(ErrorKind::bad_data,
               name() + ": /g/total: expected dimension scales that are arrays of the series' groups",
               [&] { read_variable(path, "g/total"); });
}

TEST_F(Foreign, ARunIsOneName) {
  const auto path = file([](ForeignFile& out) { out.list_attribute("run"); });
  expect_error(ErrorKind::bad_data, name() + ": run: expected one string, found a list",
               [&] { read_series(path); });
  expect_error(ErrorKind::bad_data, name() + ": run: expected one string, found a list",
               [&] { read_header(path); });
  EXPECT_TRUE(read_series(file([](ForeignFile& out) { out.list_attribute("other"); })).attributes.empty());
}

}  // namespace
}  // namespace onset
