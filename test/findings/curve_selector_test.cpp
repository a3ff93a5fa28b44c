#include "onset/findings/curve_selector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "onset/base/error.h"
#include "test/findings/planted_series.h"
#include "test/temporary_folder.h"

namespace onset {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

class Selected : public ::testing::Test {
 protected:
  Curve curve(const std::string& text) const { return *read_curve(file_, parse_selector(text)); }
  std::string refusal(const std::string& text) const {
    try {
      const auto curve = read_curve(file_, parse_selector(text));
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage) << error.what();
      return error.what();
    }
    ADD_FAILURE() << text << " was not refused";
    return "";
  }

  TemporaryFolder folder_;
  std::filesystem::path file_ = write_planted(folder_ / "a.h5");
};

TEST(CurveSelector, ReadsPathAndAxes) {
  const CurveSelector selector = parse_selector("uas/accuracy[relation=acl:relcl,layer=3]");
  EXPECT_EQ(selector.path, "uas/accuracy");
  EXPECT_THAT(selector.axes, ElementsAre(Pair("layer", "3"), Pair("relation", "acl:relcl")));
  EXPECT_EQ(selector.text, "uas/accuracy[relation=acl:relcl,layer=3]");
  EXPECT_EQ(parse_selector("/uas/micro").path, "uas/micro");
}

TEST(CurveSelector, RefusesWhatIsNone) {
  for (const char* const text :
       {"", "micro", "/micro", "uas/", "uas/micro[", "uas/micro[]", "uas/micro[layer]", "uas/micro[layer=]",
        "uas/micro[=3]", "uas/micro[layer=1,layer=2]", "uas/micro[layer=1]x"}) {
    try {
      parse_selector(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage) << text;
      EXPECT_THAT(error.what(), HasSubstr(text));
    }
  }
}

TEST(CurveSelector, OnlyLossFalls) {
  EXPECT_EQ(trend_of(parse_selector("loss/mlm")), Trend::falling);
  EXPECT_EQ(trend_of(parse_selector("uas/micro")), Trend::rising);
}

TEST_F(Selected, WholeCurveComesWithReplicates) {
  const Curve micro = curve("uas/micro");
  ASSERT_EQ(micro.steps.size(), 40u);
  EXPECT_EQ(micro.steps[39], 3900);
  EXPECT_DOUBLE_EQ(micro.values[15], 0.3 + 0.5 * 0.5);  // step 1500: half-way up
  ASSERT_EQ(micro.replicates.size(), 50u);
  EXPECT_FLOAT_EQ(static_cast<float>(micro.replicates[49][0]), 0.3F + 0.00245F);
  EXPECT_EQ(micro.name, "uas/micro");
}

TEST_F(Selected, BestHeadOfARelationUnlessOneIsNamed) {
  // Best over heads: layer 1 has 5 of 100, the rising head has s of 100 at step 100 s.
  const Curve best = curve("uas/accuracy[relation=nsubj]");
  EXPECT_DOUBLE_EQ(best.values[3], 0.05);
  EXPECT_DOUBLE_EQ(best.values[30], 0.30);
  EXPECT_TRUE(best.replicates.empty());
  const Curve head = curve("uas/accuracy[relation=nsubj,direction=head<-dep,layer=0,head=1]");
  EXPECT_DOUBLE_EQ(head.values[3], 0.03);
  EXPECT_DOUBLE_EQ(curve("uas/accuracy[relation=nsubj,layer=0]").values[3], 0.03);
  EXPECT_DOUBLE_EQ(curve("uas/accuracy[relation=nsubj,layer=last]").values[30], 0.05);
  EXPECT_DOUBLE_EQ(curve("uas/accuracy[relation=all]").values[0], 1.0 / 200);
}

TEST_F(Selected, ReducesOverAnAxis) {
  // Step 1000: direction 1, layer 0 has heads with 0 and 10 of 100.
  EXPECT_DOUBLE_EQ(curve("uas/accuracy[relation=nsubj,direction=head<-dep,layer=0,head=mean]").values[10],
                   0.05);
  EXPECT_DOUBLE_EQ(curve("uas/accuracy[relation=nsubj,direction=head<-dep,layer=0,head=min]").values[10],
                   0.0);
  EXPECT_DOUBLE_EQ(curve("pll/phenomenon_accuracy[phenomenon=mean]").values[0], 0.4);  // of 0.3 and 0.5
}

TEST_F(Selected, AbsentArrayIsNoCurve) {
  EXPECT_FALSE(read_curve(file_, parse_selector("uas/nothing")));
  EXPECT_FALSE(read_curve(file_, parse_selector("pll/accuracy")));
}

TEST_F(Selected, RefusalsNameWhatThereIs) {
  EXPECT_THAT(refusal("uas/accuracy"), HasSubstr("relation: not chosen; one of all, nsubj"));
  EXPECT_THAT(refusal("uas/accuracy[relation=obj]"), HasSubstr("there is no \"obj\"; one of all, nsubj"));
  EXPECT_THAT(refusal("uas/accuracy[relation=nsubj,colour=red]"), HasSubstr("colour: is no axis"));
  EXPECT_THAT(refusal("uas/accuracy[relation=nsubj,step=100]"), HasSubstr("step: is no axis"));
  EXPECT_THAT(refusal("uas/micro[layer=1]"), HasSubstr("(it has none)"));
  EXPECT_THAT(refusal("uas/accuracy[relation=last]"),
              HasSubstr("there is no \"last\""));  // names have no last
  EXPECT_THAT(refusal("uas/total"), HasSubstr("one value for all checkpoints"));
}

TEST_F(Selected, WhatNobodyTypedIsTheFilesFault) {
  const auto fault = [&](const std::string& text) -> std::string {
    try {
      read_curve(file_, parse_selector(text), ErrorKind::bad_data);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::bad_data) << error.what();
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(fault("uas/micro"), "");
  EXPECT_EQ(fault("uas/nothing"), "");
  EXPECT_EQ(fault("uas/total"), file_.string() + ": /uas/total: expected shape [40], found [2]");
  EXPECT_EQ(fault("uas/correct[relation=obj]"),
            file_.string() + ": uas/correct[relation=obj]: relation: there is no \"obj\"; one of all, nsubj");
}

}  // namespace
}  // namespace onset
