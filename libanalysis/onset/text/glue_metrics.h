// The measures GLUE scores its tasks with (Wang et al. 2018, table 1), on a development table.
//
// With tp, tn, fp, fn the counts of a two-class table whose positive class is 1:
//
//   accuracy   share of examples whose class was predicted                                         0 … 1
//   f1         2 tp / (2 tp + fp + fn); 0 where that is 0 / 0                                      0 … 1
//   matthews   (tp tn - fp fn) / sqrt((tp + fp)(tp + fn)(tn + fp)(tn + fn)); 0 where that is 0/0  -1 … 1
//   pearson    linear correlation; NaN where either side is constant                              -1 … 1
//   spearman   pearson of the ranks, equal values sharing the mean of theirs                      -1 … 1
//
// All NaN without examples. (The conventions at 0 / 0 are scikit-learn's and SciPy's.)
#pragma once

#include <span>
#include <string>
#include <vector>

#include "onset/text/glue.h"

namespace onset {

/// Both spans are of one length: classes (whole numbers from 0), or scores for the correlations.
double accuracy(std::span<const float> predicted, std::span<const float> gold);
double f1(std::span<const float> predicted, std::span<const float> gold);
double matthews(std::span<const float> predicted, std::span<const float> gold);
double pearson(std::span<const float> predicted, std::span<const float> gold);
double spearman(std::span<const float> predicted, std::span<const float> gold);

struct GlueMetric {
  std::string name;  ///< lower-case letters and _
  double (*measure)(std::span<const float> predicted, std::span<const float> gold) = nullptr;
};

/// What a task is scored by, the measure that decides on early stopping first: CoLA matthews; MRPC and QQP
/// accuracy and f1; STS-B pearson and spearman; the others accuracy.
std::vector<GlueMetric> glue_metrics(const GlueTask& task);

}  // namespace onset
