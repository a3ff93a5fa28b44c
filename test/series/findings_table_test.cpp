#include "onset/series/findings_table.h"

#include <gtest/gtest.h>

#include <cmath>

#include "onset/base/file.h"
#include "onset/series/hdf5_contents.h"
#include "test/temporary_folder.h"

namespace onset {
namespace {

FindingsTable example() {
  FindingsTable table;
  table.start_row();
  table.set("run", "a,b");
  table.set("uas/micro.final", 0.5);
  table.start_row();
  table.set("run", "c");
  table.set("why", "no \"break\"");
  return table;
}

TEST(FindingsTable, CsvQuotesAndLeavesMissingCellsEmpty) {
  EXPECT_EQ(findings_csv(example()), "run,uas/micro.final,why\n\"a,b\",0.5,\nc,,\"no \"\"break\"\"\"\n");
}

TEST(FindingsTable, Hdf5HasAnArrayAColumn) {
  const TemporaryFolder folder;
  write_findings(example(), folder / "t.h5");
  const Hdf5Contents file = read_hdf5(folder / "t.h5", [](const auto&, const auto&) { return true; });
  EXPECT_EQ(std::get<std::string>(file.attributes.at("/").at("schema")), "onset-findings");
  EXPECT_EQ(file.arrays.at("/run").texts, (std::vector<std::string>{"a,b", "c"}));
  const auto& numbers = std::get<std::vector<double>>(file.arrays.at("/uas/micro_final").numbers);
  EXPECT_EQ(numbers[0], 0.5);
  EXPECT_TRUE(std::isnan(numbers[1]));
  EXPECT_EQ(file.arrays.at("/uas/micro_final").scales, std::vector<std::string>{"/row"});
}

TEST(FindingsTable, WritesCsvByName) {
  const TemporaryFolder folder;
  write_findings(example(), folder / "t.csv");
  EXPECT_EQ(read_file(folder / "t.csv"), findings_csv(example()));
}

TEST(FindingsTable, AColumnOfTheOtherSortIsNoColumn) {
  EXPECT_THROW(example().numbers("run"), std::out_of_range);
  EXPECT_THROW(example().texts("uas/micro.final"), std::out_of_range);
}

}  // namespace
}  // namespace onset
