#include "onset/probes/twonn.h"

#include <ATen/Parallel.h>
#include <torch/utils.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <limits>
#include <mutex>
#include <string_view>
#include <unordered_set>

#include "onset/base/simd.h"

namespace onset {
namespace {

constexpr std::int64_t fewest_points = 10;
constexpr std::int64_t block = 512;  ///< points along one side of a block of distances: 1 MiB, stays in cache
constexpr std::int64_t kept = 8;     ///< candidates a point keeps
constexpr std::int64_t group = 4 * simd::width;  ///< distances looked at together
constexpr float infinity = std::numeric_limits<float>::infinity();

/// The nearest candidates of every point by approximate squared distance, ascending.
class Candidates {
 public:
  explicit Candidates(std::int64_t points)
      : worst_((points + block - 1) / block * block, -infinity),
        distance_(points * kept, infinity),
        who_(points * kept, -1) {
    std::fill_n(worst_.begin(), points, infinity);
  }

  /// The farthest candidate's distance, by point; padded to whole blocks, where nothing is near enough.
  const float* worst() const { return worst_.data(); }
  float distance(std::int64_t point, std::int64_t rank) const { return distance_[point * kept + rank]; }
  std::int64_t who(std::int64_t point, std::int64_t rank) const { return who_[point * kept + rank]; }

  void offer(std::int64_t point, std::int64_t other, float distance) {
    if (!(distance < worst_[point])) return;
    float* const distances = distance_.data() + point * kept;
    std::int64_t* const others = who_.data() + point * kept;
    std::int64_t at = kept - 1;
    for (; at > 0 && distances[at - 1] > distance; --at) {
      distances[at] = distances[at - 1];
      others[at] = others[at - 1];
    }
    distances[at] = distance;
    others[at] = other;
    worst_[point] = distances[kept - 1];
  }

 private:
  std::vector<float> worst_, distance_;
  std::vector<std::int64_t> who_;
};

/// A block of the table of distances: |x_i|^2 + |x_j|^2 - 2 x_i x_j for `rows` points from `row` on against
/// the points from `column` on.
struct Block {
  std::int64_t row = 0, column = 0, rows = 0, columns = 0;
  const float* products = nullptr;  ///< [rows, block]
  const float* norms = nullptr;     ///< |x|^2, by point; padded with infinity
};

/// Whether a lane is below 0 (or may be: NaN counts). GCC 12 takes comparisons of such vectors to pieces.
ONSET_INLINE bool any_negative(const simd::Ints& bits) {
  std::uint64_t halves[sizeof bits / sizeof(std::uint64_t)];
  std::memcpy(halves, &bits, sizeof bits);
  std::uint64_t all = 0;
  for (const std::uint64_t half : halves) all |= half;
  return (all & 0x8000000080000000U) != 0;
}

/// Offers every pair of a block above the diagonal to both of its points. A pair is rarely near: 64 at a time
/// are compared with what their points hold already.
ONSET_INLINE void offer_block(const Block& x, Candidates& candidates) {
  const float* const worst = candidates.worst();
  for (std::int64_t i = 0; i < x.rows; ++i) {
    const std::int64_t row = x.row + i;
    const float norm = x.norms[row];
    const std::int64_t first = x.row == x.column ? i + 1 : 0;
    for (std::int64_t from = first / group * group; from < x.columns; from += group) {
      float distances[group];
      simd::Ints nearer{};
      for (std::int64_t lane = 0; lane < group; lane += simd::width) {
        simd::Floats product, norms, worst_of_column;
        simd::load(product, x.products + i * block + from + lane);
        simd::load(norms, x.norms + x.column + from + lane);
        simd::load(worst_of_column, worst + x.column + from + lane);
        const simd::Floats distance = norms + norm - 2.0F * product;
        simd::store(distances + lane, distance);
        simd::Ints bits;
        const simd::Floats to_column = distance - worst_of_column, to_row = distance - worst[row];
        std::memcpy(&bits, &to_column, sizeof bits);
        nearer |= bits;
        std::memcpy(&bits, &to_row, sizeof bits);
        nearer |= bits;
      }
      if (!any_negative(nearer)) continue;
      for (std::int64_t j = std::max(from, first); j < std::min(from + group, x.columns); ++j) {
        candidates.offer(row, x.column + j, distances[j - from]);
        candidates.offer(x.column + j, row, distances[j - from]);
      }
    }
  }
}

ONSET_KERNEL(offer_pairs, void, (const Block& x, Candidates& candidates), offer_block(x, candidates))

double exact_squared_distance(const float* a, const float* b, std::int64_t size) {
  double sum = 0;
  for (std::int64_t i = 0; i < size; ++i) {
    const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    sum += difference * difference;
  }
  return sum;
}

/// Goes through the upper triangle of distances in blocks, each a matrix product of one thread. Blocks are
/// taken along diagonals, (i, i + d mod blocks), so that neighbours in time have no points in common; the
/// points of a block are one thread's while it offers to them. Which candidates tie may differ from run to
/// run, what is made of them does not.
Candidates find_candidates(const torch::Tensor& centred, const std::vector<float>& norms) {
  static const auto offer = pick_offer_pairs();
  const std::int64_t n = centred.size(0);
  const std::int64_t blocks = (n + block - 1) / block;
  const std::int64_t pairs = blocks * (blocks + 1) / 2;
  Candidates out(n);
  std::vector<std::mutex> points_of(static_cast<std::size_t>(blocks));
  std::atomic<std::int64_t> next = 0;
  at::parallel_for(
      0, std::min<std::int64_t>(at::get_num_threads(), pairs), 1, [&](std::int64_t, std::int64_t) {
        const c10::InferenceMode inference;
        const torch::Tensor products = torch::zeros({block, block}, torch::kFloat32);
        for (std::int64_t pair = next++; pair < pairs; pair = next++) {
          const auto [one, other] = std::minmax({pair % blocks, (pair % blocks + pair / blocks) % blocks});
          Block x{one * block, other * block};
          x.rows = std::min(block, n - x.row);
          x.columns = std::min(block, n - x.column);
          x.products = products.data_ptr<float>();
          x.norms = norms.data();
          torch::Tensor view = products.narrow(0, 0, x.rows).narrow(1, 0, x.columns);
          torch::mm_out(view, centred.narrow(0, x.row, x.rows), centred.narrow(0, x.column, x.columns).t());
          const std::lock_guard rows(points_of[static_cast<std::size_t>(one)]);
          std::unique_lock<std::mutex> columns;
          if (other != one) columns = std::unique_lock(points_of[static_cast<std::size_t>(other)]);
          offer(x, out);
        }
      });
  return out;
}

/// |x|^2 of each row, padded with infinity to whole blocks.
std::vector<float> squared_norms(const torch::Tensor& rows) {
  const std::int64_t n = rows.size(0);
  const std::int64_t size = rows.size(1);
  const float* const data = rows.data_ptr<float>();
  std::vector<float> norms(static_cast<std::size_t>((n + block - 1) / block * block), infinity);
  at::parallel_for(0, n, 64, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      double sum = 0;
      for (std::int64_t k = i * size; k < (i + 1) * size; ++k) {
        sum += static_cast<double>(data[k]) * static_cast<double>(data[k]);
      }
      norms[i] = static_cast<float>(sum);
    }
  });
  return norms;
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

bool is_finite(const torch::Tensor& x) {
  const auto [least, most] = torch::aminmax(x);  // NaN goes through
  return std::isfinite(least.item<float>()) && std::isfinite(most.item<float>());
}

}  // namespace

NeighbourDistances nearest_two(const torch::Tensor& points) {
  const std::int64_t n = points.size(0);
  const std::int64_t size = points.size(1);
  const torch::Tensor centred = points - points.mean(0, true);
  const std::vector<float> norms = squared_norms(centred);
  const Candidates candidates = find_candidates(centred, norms);

  // |computed - true| squared distance is at most about 2 (size + 4) epsilon |x| |y| for the product, and a
  // few roundings of the norms and of the centring; taken generously.
  const float largest = *std::max_element(norms.begin(), norms.begin() + n);
  const double unit = (static_cast<double>(size) + 16.0) * std::numeric_limits<float>::epsilon();
  const float* const data = points.data_ptr<float>();
  NeighbourDistances out{std::vector<double>(n), std::vector<double>(n)};
  at::parallel_for(0, n, 32, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const double doubt =
          unit * 2.0 * std::sqrt(static_cast<double>(norms[i])) * std::sqrt(static_cast<double>(largest)) +
          8.0 * std::numeric_limits<float>::epsilon() * (static_cast<double>(norms[i]) + largest);
      TwoSmallest nearest;
      for (std::int64_t rank = 0; rank < kept && candidates.who(i, rank) >= 0; ++rank) {
        if (static_cast<double>(candidates.distance(i, rank)) - doubt >= nearest.second) break;
        nearest.take(exact_squared_distance(data + i * size, data + candidates.who(i, rank) * size, size));
      }
      // Every point that was not kept is at least as far as the last that was; where that does not settle it
      // (norms that overflow settle nothing), all points are measured.
      const bool all_kept = n - 1 <= kept && candidates.who(i, n - 2) >= 0;
      if (!all_kept && !(static_cast<double>(candidates.worst()[i]) - doubt >= nearest.second)) {
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
  if (out.points < fewest_points || !is_finite(all)) return out;
  const NeighbourDistances distances = nearest_two(all);
  std::vector<double> mu(static_cast<std::size_t>(out.points));
  for (std::size_t i = 0; i < mu.size(); ++i) mu[i] = distances.second[i] / distances.first[i];
  out.dimension = twonn_dimension(std::move(mu));
  return out;
}

}  // namespace onset
