// How often the intervals of an onset hold the truth, how wide they are, and how often a smooth curve is
// called a break.
//
//   breaks_coverage [series a row, default 1000 [series a row of smooth curves, default the same]]
//
// prints the two tables of docs/breaks.md. Every row is a function of its number of series alone
// (counter-based draws).
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "onset/breaks/onset.h"
#include "test/breaks/simulated_series.h"

namespace onset {
namespace {

constexpr std::size_t points = 50;
constexpr double gap = 100;  // steps
constexpr std::size_t few_items = 500, many_items = 5000;

struct Counts {
  int series = 0, found = 0, covered = 0, knot_covered = 0;
  double width = 0, knot_width = 0, error = 0, knot_error = 0;  // sums over breaks found, in gaps
};

Counts run(const TrueCurve& truth, const Simulation& plan, double onset_step, int series) {
  Counts counts;
#pragma omp parallel for schedule(dynamic)
  for (int s = 0; s < series; ++s) {
    OnsetOptions options;
    options.seed = static_cast<std::uint64_t>(s) + 1;
    options.null_draws = 199;
    const Onset onset = find_onset(simulate(truth, plan, static_cast<std::uint64_t>(s)), options);
#pragma omp critical
    {
      ++counts.series;
      if (onset.break_found) {
        ++counts.found;
        counts.covered += *onset.low <= onset_step && onset_step <= *onset.high;
        counts.width += (*onset.high - *onset.low) / gap;
        counts.error += std::abs(*onset.step - onset_step) / gap;
        const Interval knot = *onset.knot_interval;
        counts.knot_covered += knot.low <= onset_step && onset_step <= knot.high;
        counts.knot_width += (knot.high - knot.low) / gap;
        counts.knot_error += std::abs(*onset.detectors.piecewise_linear - onset_step) / gap;
      }
    }
  }
  return counts;
}

void print_planted(const std::string& name, const Counts& counts) {
  const double found = std::max(1, counts.found);
  std::printf("| %-44s | %5.1f | %5.1f | %5.2f | %5.2f | %5.1f | %5.2f | %5.2f |\n", name.c_str(),
              100.0 * counts.found / counts.series, 100 * counts.covered / found, counts.width / found,
              counts.error / found, 100 * counts.knot_covered / found, counts.knot_width / found,
              counts.knot_error / found);
  std::fflush(stdout);
}

/// Dense early, then ever wider apart.
std::vector<double> growing_steps() {
  std::vector<double> steps = even_steps(20, 25);
  while (steps.back() < 4900) steps.push_back(std::round(steps.back() * 1.08));
  return steps;
}

void planted_table(int series) {
  std::printf("| planted break | found %% | covers %% | width | error | knot covers %% | width | error |\n");
  std::printf("| --- | --- | --- | --- | --- | --- | --- | --- |\n");
  const double last = gap * (points - 1);
  for (const double onset : {2000.0, 2040.0}) {
    const char* where = onset == 2000 ? "on" : "off";
    for (const std::size_t items : {many_items, few_items}) {
      const std::string noise = items == many_items ? "low" : "high";
      const Simulation plan{even_steps(points, gap), items, 0.5, 200, 0};
      print_planted("rise of 15 gaps, " + noise + " noise, " + where + " a checkpoint",
                    run(broken_at(onset / last, (onset + 15 * gap) / last), plan, onset, series));
      print_planted("rise to the end, " + noise + " noise, " + where + " a checkpoint",
                    run(broken_at(onset / last, 1), plan, onset, series));
    }
  }
  const Simulation independent{even_steps(points, gap), 1500, 0.0, 200, 0};
  print_planted("15 gaps, noise independent between checkpoints",
                run(broken_at(2040 / last, 3540 / last), independent, 2040, series));
  const Simulation shaken{even_steps(points, gap), many_items, 0.5, 200, 0.01};
  print_planted("15 gaps, training noise 0.01 besides items",
                run(broken_at(2040 / last, 3540 / last), shaken, 2040, series));
  const Simulation bare{even_steps(points, gap), many_items, 0.5, 0, 0.01};
  const Simulation uneven{growing_steps(), many_items, 0.5, 200, 0};
  const double end = uneven.steps.back();
  print_planted("1500 steps, low noise, gaps of 25 to 360",
                run(broken_at(2040 / end, 3540 / end), uneven, 2040, series));
  print_planted("15 gaps, the same without replicates",
                run(broken_at(2040 / last, 3540 / last), bare, 2040, series));
  // Flat for a tenth of the run, steep, less steep, flat.
  const double begin = 500 / last;
  const auto bends = [&](double x) {
    return 0.5 + 2 * std::max(0.0, x - begin) - 1.6 * std::max(0.0, x - begin - 0.13) -
           0.4 * std::max(0.0, x - begin - 0.4);
  };
  print_planted("saturating in bends, low noise",
                run(bends, {even_steps(points, gap), many_items, 0.5, 200, 0}, 500, series));
}

void smooth_table(int series) {
  std::printf(
      "\n| smooth curve | low noise: breaks %% | high noise: breaks %% | training noise 0.01: breaks %% |\n");
  std::printf("| --- | --- | --- | --- |\n");
  const std::vector<std::pair<std::string, TrueCurve>> curves = {
      {"flat", [](double) { return 0.6; }},
      {"straight line", [](double x) { return 0.5 + 0.35 * x; }},
      {"logistic, middle 0.5, width 0.1", logistic_at(0.5, 0.1)},
      {"logistic, middle 0.3, width 0.15", logistic_at(0.3, 0.15)},
      {"exponential saturation, 0.15", [](double x) { return 0.85 - 0.35 * std::exp(-x / 0.15); }},
      {"exponential saturation, 0.5", [](double x) { return 0.85 - 0.35 * std::exp(-x / 0.5); }},
      {"power law, 0.9 - 0.4 (1 + 40 x)^-0.5", [](double x) { return 0.9 - 0.4 / std::sqrt(1 + 40 * x); }},
      {"parabola", [](double x) { return 0.5 + 0.35 * x * x; }},
      {"Gompertz, middle 0.4, width 0.14",
       [](double x) { return 0.5 + 0.35 * std::exp(-std::exp((0.4 - x) / 0.14)); }},
      {"Hill, x^4 / (x^4 + 0.5^4)",
       [](double x) { return 0.5 + 0.35 * std::pow(x, 4) / (std::pow(x, 4) + 0.0625); }},
      {"saturating corner, min(x, 0.4)", [](double x) { return 0.5 + 0.8 * std::min(x, 0.4); }},
  };
  for (const auto& [name, truth] : curves) {
    std::printf("| %-40s |", name.c_str());
    for (const Simulation& plan : {Simulation{even_steps(points, gap), many_items, 0.5, 200, 0},
                                   Simulation{even_steps(points, gap), few_items, 0.5, 200, 0},
                                   Simulation{even_steps(points, gap), many_items, 0.5, 200, 0.01}}) {
      const Counts counts = run(truth, plan, 0, series);
      std::printf(" %5.1f |", 100.0 * counts.found / counts.series);
      std::fflush(stdout);
    }
    std::printf("\n");
  }
}

void time_large_series() {
  Simulation plan{even_steps(1000, 10), 500, 0.5, 200, 0};
  const Curve structure = simulate(broken_at(0.2, 0.4), plan, 1),
              capability = simulate(broken_at(0.5, 0.7), plan, 2);
  const auto start = std::chrono::steady_clock::now();
  OnsetOptions options;
  const Onset first = find_onset(structure, options);
  options.stream = 1;
  const Onset second = find_onset(capability, options);
  const Gap between = find_gap(first, second, options);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::printf("\n2 curves of 1000 checkpoints x 200 replicates, onsets and gap: %.2f s (gap %.0f steps)\n",
              seconds.count(), between.answer ? between.answer->steps : -1);
}

}  // namespace
}  // namespace onset

int main(int count, char** words) {
  int series[2] = {1000, 1000};
  for (int i = 1; i < count && i <= 2; ++i) {
    const int given = std::atoi(words[i]);
    if (given < 1) {
      std::fprintf(stderr, "breaks_coverage: expected a number of series, found '%s'\n", words[i]);
      return 64;
    }
    series[i - 1] = given;
    if (i == 1) series[1] = given;
  }
  onset::time_large_series();
  onset::planted_table(series[0]);
  onset::smooth_table(series[1]);
  return 0;
}
