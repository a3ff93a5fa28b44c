#include "onset/probes/twonn.h"

#include <ATen/Parallel.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>
#include <unordered_set>

namespace onset {
namespace {

constexpr std::int64_t fewest_points = 10;
constexpr std::int64_t block = 1024;  ///< points along one side of a block of distances
constexpr std::int64_t kept = 8;      ///< candidates a point keeps

/// The nearest candidates of every point by approximate squared distance, ascending.
class Candidates {
 public:
  explicit Candidates(std::int64_t points) : distance_(points * kept, infinity), who_(points * kept, -1) {}

  float worst(std::int64_t point) const { return distance_[point * kept + kept - 1]; }
  float distance(std::int64_t point, std::int64_t rank) const { return distance_[point * kept + rank]; }
  std::int64_t who(std::int64_t point, std::int64_t rank) const { return who_[point * kept + rank]; }

  void offer(std::int64_t point, std::int64_t other, float distance) {
    float* const distances = distance_.data() + point * kept;
    std::int64_t* const others = who_.data() + point * kept;
    std::int64_t at = kept - 1;
    for (; at > 0 && distances[at - 1] > distance; --at) {
      distances[at] = distances[at - 1];
      others[at] = others[at - 1];
    }
    distances[at] = distance;
    others[at] = other;
  }

 private:
  static constexpr float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> distance_;
  std::vector<std::int64_t> who_;
};

double exact_squared_distance(const float* a, const float* b, std::int64_t size) {
  double sum = 0;
  for (std::int64_t i = 0; i < size; ++i) {
    const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    sum += difference * difference;
  }
  return sum;
}

/// Goes through the upper triangle of distances in blocks, each a matrix product, and offers every pair to
/// both of its points.
Candidates find_candidates(const torch::Tensor& centred, const std::vector<float>& norms) {
  const std::int64_t n = centred.size(0);
  Candidates out(n);
  torch::Tensor products = torch::empty({block, block}, torch::kFloat32);
  for (std::int64_t row = 0; row < n; row += block) {
    const std::int64_t rows = std::min(block, n - row);
    for (std::int64_t column = row; column < n; column += block) {
      const std::int64_t columns = std::min(block, n - column);
      torch::Tensor view = products.flatten().narrow(0, 0, rows * columns).view({rows, columns});
      torch::mm_out(view, centred.narrow(0, row, rows), centred.narrow(0, column, columns).t());
      const float* const product = view.data_ptr<float>();
      at::parallel_for(0, rows, 64, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          const float* const line = product + i * columns;
          const float norm = norms[row + i];
          float worst = out.worst(row + i);
          for (std::int64_t j = 0; j < columns; ++j) {
            const float distance = norm + norms[column + j] - 2.0F * line[j];
            if (distance < worst && column + j != row + i) {
              out.offer(row + i, column + j, distance);
              worst = out.worst(row + i);
            }
          }
        }
      });
      if (column == row) continue;
      at::parallel_for(0, columns, 128, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = 0; i < rows; ++i) {
          const float* const line = product + i * columns;
          const float norm = norms[row + i];
          for (std::int64_t j = begin; j < end; ++j) {
            const float distance = norm + norms[column + j] - 2.0F * line[j];
            if (distance < out.worst(column + j)) out.offer(column + j, row + i, distance);
          }
        }
      });
    }
  }
  return out;
}

struct TwoSmallest {
  double first = std::numeric_limits<double>::infinity();
  double second = std::numeric_limits<double>::infinity();

  void take(double x) {
    if (x < first) {
      second = first;
      first = x;
    } else if (x < second) {
      second = x;
    }
  }
};

/// Rows that repeat an earlier row bit for bit are left out. Adding 0 turns -0 into 0, which is no other
/// place.
std::vector<std::int64_t> distinct_rows(const torch::Tensor& points) {
  const auto bytes = static_cast<std::size_t>(points.size(1)) * sizeof(float);
  const char* const data = reinterpret_cast<const char*>(points.data_ptr<float>());
  std::unordered_set<std::string_view> seen;
  std::vector<std::int64_t> rows;
  for (std::int64_t i = 0; i < points.size(0); ++i) {
    if (seen.emplace(data + static_cast<std::size_t>(i) * bytes, bytes).second) rows.push_back(i);
  }
  return rows;
}

}  // namespace

NeighbourDistances nearest_two(const torch::Tensor& points) {
  const std::int64_t n = points.size(0);
  const std::int64_t size = points.size(1);
  const torch::Tensor centred = points - points.mean(0, true);
  const torch::Tensor squares = centred.to(torch::kFloat64).pow(2).sum(1).to(torch::kFloat32);
  const std::vector<float> norms(squares.data_ptr<float>(), squares.data_ptr<float>() + n);
  const Candidates candidates = find_candidates(centred, norms);

  // |computed - true| squared distance is at most about 2 (size + 4) epsilon |x| |y| for the product, and a
  // few roundings of the norms and of the centring; taken generously.
  const float largest = *std::ranges::max_element(norms);
  const double unit = (static_cast<double>(size) + 16.0) * std::numeric_limits<float>::epsilon();
  const float* const data = points.data_ptr<float>();
  NeighbourDistances out{std::vector<double>(n), std::vector<double>(n)};
  at::parallel_for(0, n, 32, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      TwoSmallest nearest;
      for (std::int64_t rank = 0; rank < kept && candidates.who(i, rank) >= 0; ++rank) {
        nearest.take(exact_squared_distance(data + i * size, data + candidates.who(i, rank) * size, size));
      }
      // Every point that was not kept is at least this far; where that does not settle it, all points are
      // measured.
      const double doubt =
          unit * 2.0 * std::sqrt(static_cast<double>(norms[i])) * std::sqrt(static_cast<double>(largest)) +
          8.0 * std::numeric_limits<float>::epsilon() * (static_cast<double>(norms[i]) + largest);
      if (n - 1 > kept && static_cast<double>(candidates.worst(i)) - doubt < nearest.second) {
        nearest = {};
        for (std::int64_t j = 0; j < n; ++j) {
          if (j != i) nearest.take(exact_squared_distance(data + i * size, data + j * size, size));
        }
      }
      out.first[i] = std::sqrt(nearest.first);
      out.second[i] = std::sqrt(nearest.second);
    }
  });
  return out;
}

double twonn_dimension(std::vector<double> mu) {
  const auto n = static_cast<std::int64_t>(mu.size());
  std::ranges::sort(mu);
  const std::int64_t used = n * 9 / 10;
  double xy = 0;
  double xx = 0;
  for (std::int64_t i = 1; i <= used; ++i) {
    const double x = std::log(mu[i - 1]);
    const double y = -std::log1p(-static_cast<double>(i) / static_cast<double>(n));
    xy += x * y;
    xx += x * x;
  }
  return xx > 0 ? xy / xx : std::numeric_limits<double>::quiet_NaN();
}

TwoNn twonn(const torch::Tensor& points) {
  const c10::InferenceMode inference;
  TwoNn out;
  out.dimension = std::numeric_limits<double>::quiet_NaN();
  if (points.size(0) == 0) return out;
  torch::Tensor all = points + 0.0F;
  const std::vector<std::int64_t> rows = distinct_rows(all);
  out.points = static_cast<std::int64_t>(rows.size());
  out.duplicates = points.size(0) - out.points;
  if (out.duplicates > 0) all = all.index_select(0, torch::tensor(rows, torch::kInt64));
  if (out.points < fewest_points || !torch::isfinite(all).all().item<bool>()) return out;
  const NeighbourDistances distances = nearest_two(all);
  std::vector<double> mu(static_cast<std::size_t>(out.points));
  for (std::size_t i = 0; i < mu.size(); ++i) mu[i] = distances.second[i] / distances.first[i];
  out.dimension = twonn_dimension(std::move(mu));
  return out;
}

}  // namespace onset
