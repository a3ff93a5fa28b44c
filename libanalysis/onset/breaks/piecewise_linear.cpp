#include "onset/breaks/piecewise_linear.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

namespace onset {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::size_t least_piece_points = 2;  ///< in every piece

/// a v^2 + b v + c: the least cost of everything left of a knot at which the line has value v.
struct Parabola {
  double a = 0, b = 0, c = 0;
  double minimum() const { return a > 0 ? c - b * b / (4 * a) : c; }
};

/// What the points of a piece say, s in [0, 1] being the place in the piece: sums over its points.
struct Piece {
  double aa = 0, ab = 0, bb = 0;  // (1-s)^2, s(1-s), s^2
  double ya = 0, yb = 0, yy = 0;  // y(1-s), ys, y^2
};

/// Joins a piece to what is left of it; the value at the piece's left end is minimised away.
Parabola join(const Parabola& left, const Piece& piece) {
  const double a = left.a + piece.aa;
  const double b = left.b - 2 * piece.ya;
  return {piece.bb - piece.ab * piece.ab / a, -2 * piece.yb - piece.ab * b / a,
          left.c + piece.yy - b * b / (4 * a)};
}

/// One way to reach a knot in the dynamic programme.
struct Path {
  Parabola cost;
  std::size_t previous_candidate = 0;
  std::size_t previous_path = 0;
};

/// The first v beyond `after` at which `other` sinks below `lowest`; infinity when it never does.
double crossing(const Parabola& lowest, const Parabola& other, double after) {
  const double a = other.a - lowest.a, b = other.b - lowest.b, c = other.c - lowest.c;
  if (a == 0) {
    const double root = b < 0 ? -c / b : infinity;
    return root > after ? root : infinity;
  }
  const double discriminant = b * b - 4 * a * c;
  if (discriminant <= 0) return infinity;
  // The difference turns negative at the smaller root of an upright parabola and at the larger one of an
  // inverted.
  const double q = -0.5 * (b + std::copysign(std::sqrt(discriminant), b));
  const double root = a > 0 ? std::min(q / a, c / q) : std::max(q / a, c / q);
  return root > after ? root : infinity;
}

/// Keeps the paths that are cheapest for some value at the knot (the lower envelope of their parabolas).
void keep_cheapest(std::vector<Path>& paths) {
  if (paths.size() < 2) return;
  std::vector<char> kept(paths.size(), 0);
  // From the left: far out the flattest parabola is lowest, then the one that falls most slowly towards the
  // left.
  std::size_t lowest = 0;
  for (std::size_t i = 1; i < paths.size(); ++i) {
    const Parabola &best = paths[lowest].cost, &cost = paths[i].cost;
    if (std::tie(cost.a, best.b, cost.c) < std::tie(best.a, cost.b, best.c)) lowest = i;
  }
  double at = -infinity;
  // Parabolas cross twice at most, so their envelope has at most 2 n - 1 stretches (Davenport and Schinzel).
  for (std::size_t stretch = 0; stretch < 2 * paths.size(); ++stretch) {
    kept[lowest] = 1;
    double next = infinity;
    std::size_t successor = lowest;
    for (std::size_t i = 0; i < paths.size(); ++i) {
      const double where = i == lowest ? infinity : crossing(paths[lowest].cost, paths[i].cost, at);
      if (where < next) {
        next = where;
        successor = i;
      }
    }
    if (successor == lowest) break;
    at = next;
    lowest = successor;
  }
  std::size_t count = 0;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (kept[i] != 0) paths[count++] = paths[i];
  }
  paths.resize(count);
}

}  // namespace

/// Running sums over points 0 ... k-1 of the curve less its mean (which keeps rounding small).
struct BrokenLineFitter::Sums {
  std::vector<double> y, xy, yy;  // [point + 1]
  double mean = 0;
  const BrokenLineFitter* points = nullptr;

  /// Points first ... last-1 on the piece from `from` to `to`.
  Piece piece(std::size_t first, std::size_t last, double from, double to) const {
    const double n = static_cast<double>(last - first);
    const double sx = points->sum_x_[last] - points->sum_x_[first];
    const double sxx = points->sum_xx_[last] - points->sum_xx_[first];
    const double sy = y[last] - y[first], sxy = xy[last] - xy[first];
    const double width = to - from;
    const double s = (sx - from * n) / width;
    const double ss = (sxx - 2 * from * sx + from * from * n) / (width * width);
    const double sb = (sxy - from * sy) / width;
    return {n - 2 * s + ss, s - ss, ss, sy - sb, sb, yy[last] - yy[first]};
  }
};

struct BrokenLineFitter::Outline {
  double cost = infinity;
  std::vector<double> values;  // at the start, the knots and the end
};

struct BrokenLineFitter::Found {
  double cost = infinity;
  std::vector<double> knots;  // on the unit axis; none when the points do not suffice
};

BrokenLineFitter::BrokenLineFitter(const std::vector<double>& u, std::size_t candidates)
    : origin_(u.front()), length_(u.back() - u.front()) {
  const std::size_t n = u.size();
  x_.reserve(n);
  sum_x_.assign(n + 1, 0);
  sum_xx_.assign(n + 1, 0);
  for (std::size_t k = 0; k < n; ++k) {
    const double x = (u[k] - origin_) / length_;
    x_.push_back(x);
    sum_x_[k + 1] = sum_x_[k] + x;
    sum_xx_[k + 1] = sum_xx_[k] + x * x;
  }
  // The first piece holds the first checkpoint and the knot's, the last one the two after the knot's.
  if (n < 2 * least_piece_points + 1) return;
  const std::size_t first = least_piece_points - 1, count = n - 2 * least_piece_points + 1;
  const std::size_t tried = std::min(count, std::max<std::size_t>(candidates, 2));
  for (std::size_t i = 0; i < tried; ++i) {
    candidates_.push_back(first + (tried == 1 ? 0 : i * (count - 1) / (tried - 1)));
  }
}

BrokenLineFitter::Sums BrokenLineFitter::sums_of(const std::vector<double>& y) const {
  const std::size_t n = x_.size();
  Sums sums{std::vector<double>(n + 1, 0), std::vector<double>(n + 1, 0), std::vector<double>(n + 1, 0), 0,
            this};
  for (const double value : y) sums.mean += value / static_cast<double>(n);
  for (std::size_t k = 0; k < n; ++k) {
    const double value = y[k] - sums.mean;
    sums.y[k + 1] = sums.y[k] + value;
    sums.xy[k + 1] = sums.xy[k] + x_[k] * value;
    sums.yy[k + 1] = sums.yy[k] + value * value;
  }
  return sums;
}

BrokenLineFitter::Found BrokenLineFitter::search(const Sums& sums, std::size_t knots) const {
  const std::size_t n = x_.size(), tried = candidates_.size();
  const auto place = [&](std::size_t candidate) { return x_[candidates_[candidate]]; };
  // Paths to each candidate as the knot after depth others. The last knot's are closed at once, not kept.
  std::vector<std::vector<std::vector<Path>>> reached(knots, std::vector<std::vector<Path>>(tried));
  double best = infinity;
  std::size_t best_candidate = 0;
  Path best_path;
  for (std::size_t to = 0; to < tried; ++to) {
    const Piece first_piece = sums.piece(0, candidates_[to] + 1, 0, place(to));
    const Piece last_piece = sums.piece(candidates_[to] + 1, n, place(to), 1);
    for (std::size_t depth = 0; depth < knots; ++depth) {
      std::vector<Path>& paths = reached[depth][to];
      const auto arrive = [&](const Path& path) {
        if (depth + 1 < knots) {
          paths.push_back(path);
          return;
        }
        const double cost = join(path.cost, last_piece).minimum();
        if (cost < best) {
          best = cost;
          best_candidate = to;
          best_path = path;
        }
      };
      if (depth == 0) arrive({join({}, first_piece), 0, 0});
      for (std::size_t from = 0; depth > 0 && from < to; ++from) {
        const std::vector<Path>& before = reached[depth - 1][from];
        if (candidates_[to] - candidates_[from] < least_piece_points || before.empty()) continue;
        const Piece piece = sums.piece(candidates_[from] + 1, candidates_[to] + 1, place(from), place(to));
        for (std::size_t i = 0; i < before.size(); ++i) arrive({join(before[i].cost, piece), from, i});
      }
      keep_cheapest(paths);
    }
  }
  Found found{best, {}};
  if (best == infinity) return found;
  found.knots.push_back(place(best_candidate));
  for (std::size_t depth = knots - 1; depth-- > 0;) {
    found.knots.insert(found.knots.begin(), place(best_path.previous_candidate));
    best_path = reached[depth][best_path.previous_candidate][best_path.previous_path];
  }
  return found;
}

BrokenLineFitter::Outline BrokenLineFitter::evaluate(const Sums& sums,
                                                     const std::vector<double>& knots) const {
  struct Joint {
    double a = 0, b = 0,
           slope = 0;  // best value at the left end = -(b + slope v) / (2 a), v the value at the right end
  };
  Outline outline;
  std::vector<Joint> joints;
  Parabola cost;
  std::size_t first = 0;
  double from = 0;
  for (std::size_t j = 0; j <= knots.size(); ++j) {
    const double to = j < knots.size() ? knots[j] : 1;
    const auto last = j < knots.size()
                          ? static_cast<std::size_t>(std::upper_bound(x_.begin(), x_.end(), to) - x_.begin())
                          : x_.size();
    if (to <= from || last < first + least_piece_points) return outline;
    const Piece piece = sums.piece(first, last, from, to);
    joints.push_back({cost.a + piece.aa, cost.b - 2 * piece.ya, 2 * piece.ab});
    cost = join(cost, piece);
    first = last;
    from = to;
  }
  outline.cost = std::max(0.0, cost.minimum());
  outline.values.assign(joints.size() + 1, 0);
  outline.values.back() = -cost.b / (2 * cost.a);
  for (std::size_t j = joints.size(); j-- > 0;) {
    outline.values[j] = -(joints[j].b + joints[j].slope * outline.values[j + 1]) / (2 * joints[j].a);
  }
  return outline;
}

void BrokenLineFitter::refine(const Sums& sums, std::vector<double>& knots) const {
  constexpr double golden = 0.6180339887498949;
  const double resolution = 1e-7 / static_cast<double>(x_.size());
  std::vector<double> trial = knots;
  double best = evaluate(sums, knots).cost;
  const auto cost_at = [&](std::size_t j, double x) {
    trial[j] = x;
    return evaluate(sums, trial).cost;
  };
  // How many checkpoints lie between two candidates: the search may be off by that many.
  const std::size_t reach =
      std::max<std::size_t>(1, x_.size() / std::max<std::size_t>(1, candidates_.size()));
  for (int sweep = 0; sweep < 50; ++sweep) {
    double moved = 0;
    for (std::size_t j = 0; j < knots.size(); ++j) {
      const double before = knots[j];
      trial = knots;
      const auto at = static_cast<std::size_t>(std::lower_bound(x_.begin(), x_.end(), before) - x_.begin());
      const std::size_t low = at > reach ? at - reach : 0, high = std::min(x_.size() - 1, at + reach);
      std::size_t centre = at;
      for (std::size_t k = low; k <= high && reach > 1 && sweep == 0; ++k) {
        const double cost = cost_at(j, x_[k]);
        if (cost < best) {
          best = cost;
          knots[j] = x_[k];
          centre = k;
        }
      }
      // Within a gap between checkpoints the cost is smooth: golden section in the gaps around the knot.
      const std::size_t begin = centre > 2 ? centre - 2 : 0, end = std::min(x_.size() - 1, centre + 1);
      for (std::size_t gap = begin; gap < end; ++gap) {
        double left = x_[gap], right = x_[gap + 1];
        double inner_left = right - golden * (right - left), inner_right = left + golden * (right - left);
        double cost_left = cost_at(j, inner_left), cost_right = cost_at(j, inner_right);
        while (right - left > resolution) {
          if (cost_left <= cost_right) {
            right = inner_right;
            inner_right = inner_left;
            cost_right = cost_left;
            inner_left = right - golden * (right - left);
            cost_left = cost_at(j, inner_left);
          } else {
            left = inner_left;
            inner_left = inner_right;
            cost_left = cost_right;
            inner_right = left + golden * (right - left);
            cost_right = cost_at(j, inner_right);
          }
        }
        const double place = 0.5 * (left + right), cost = cost_at(j, place);
        if (cost < best) {
          best = cost;
          knots[j] = place;
        }
      }
      moved = std::max(moved, std::abs(knots[j] - before));
    }
    if (moved <= 100 * resolution) return;
  }
}

BrokenLine BrokenLineFitter::finish(const Sums& sums, const std::vector<double>& knots) const {
  const Outline outline = evaluate(sums, knots);
  BrokenLine line;
  line.rss = outline.cost;
  line.start_value = outline.values.front() + sums.mean;
  double from = 0;
  for (std::size_t j = 0; j <= knots.size(); ++j) {
    const double to = j < knots.size() ? knots[j] : 1;
    line.slopes.push_back((outline.values[j + 1] - outline.values[j]) / ((to - from) * length_));
    if (j < knots.size()) line.knots.push_back(origin_ + length_ * to);
    from = to;
  }
  for (std::size_t j = 0; j < knots.size(); ++j) {
    const double change = line.slopes[j + 1] - line.slopes[j];
    if (j == 0 || change > line.slope_change) {
      line.onset_knot = j;
      line.slope_change = change;
    }
  }
  return line;
}

BrokenLine BrokenLineFitter::fit(const std::vector<double>& y, std::size_t knots) const {
  const Sums sums = sums_of(y);
  std::vector<double> places;
  for (std::size_t wanted = knots; wanted > 0 && places.empty(); --wanted)
    places = search(sums, wanted).knots;
  refine(sums, places);
  return finish(sums, places);
}

double broken_line_criterion(double rss, std::size_t knots, const std::vector<double>& y) {
  const auto n = static_cast<double>(y.size());
  double total = 0, mean = 0;
  for (const double value : y) mean += value / n;
  for (const double value : y) total += (value - mean) * (value - mean);
  return n * std::log(std::max(rss, 1e-12 * total) / n) + static_cast<double>(2 + 3 * knots) * std::log(n);
}

double BrokenLineFitter::rss_at_checkpoints(const std::vector<double>& y, std::size_t knots) const {
  return search(sums_of(y), knots).cost;
}

BrokenLine BrokenLineFitter::choose(const std::vector<double>& y, std::size_t max_knots) const {
  BrokenLine best;
  double best_criterion = infinity;
  for (std::size_t knots = 0; knots <= max_knots; ++knots) {
    BrokenLine line = fit(y, knots);
    if (line.knots.size() < knots) break;
    const double criterion = broken_line_criterion(line.rss, knots, y);
    if (criterion < best_criterion) {
      best_criterion = criterion;
      best = std::move(line);
    }
  }
  return best;
}

}  // namespace onset
