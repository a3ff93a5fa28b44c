#include "onset/findings/agreement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace onset {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

SeriesHeader header(std::map<std::string, Attributes> groups) { return {{}, std::move(groups), {}}; }

TEST(Agreement, SameGroupsAgreeWhateverElseOneHas) {
  const SeriesHeader one = header({{"uas", {{"seed", std::int64_t{1}}}}});
  const SeriesHeader other =
      header({{"uas", {{"seed", std::int64_t{1}}}}, {"pll", {{"scoring", std::string("original")}}}});
  EXPECT_THAT(disagreements(one, other), IsEmpty());
  EXPECT_THAT(disagreements(other, one), IsEmpty());
}

TEST(Agreement, NamesGroupOptionAndBothValues) {
  const SeriesHeader one = header(
      {{"uas", {{"min_relation", std::int64_t{100}}, {"parses_sha256", std::string("0123456789abcdef")}}}});
  const SeriesHeader other = header(
      {{"uas", {{"min_relation", std::int64_t{20}}, {"parses_sha256", std::string("fedcba9876543210")}}}});
  EXPECT_THAT(disagreements(one, other), ElementsAre("uas: min_relation: 100 and 20",
                                                     "uas: parses_sha256: 0123456789ab and fedcba987654"));
}

TEST(Agreement, NumbersAreShownSoThatTheyDiffer) {
  EXPECT_THAT(disagreements(header({{"loss", {{"mask_rate", 0.15001}}}}),
                            header({{"loss", {{"mask_rate", 0.15002}}}})),
              ElementsAre("loss: mask_rate: 0.15001 and 0.15002"));
}

TEST(Agreement, AnOptionThatOneLacksDiffers) {
  EXPECT_THAT(disagreements(header({{"loss", {}}}), header({{"loss", {{"mask_rate", 0.15}}}})),
              ElementsAre("loss: mask_rate: nothing and 0.15"));
}

}  // namespace
}  // namespace onset
