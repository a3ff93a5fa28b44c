// What was found, as a table: named columns of words or numbers, a row a run or a curve. Written as CSV or
// as HDF5, and shown on a terminal by whoever likes.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace onset {

class FindingsTable {
 public:
  /// Starts a row; later cells go there.
  void start_row();
  /// A cell of the current row; a column appears with its first cell. Numbers that are not finite count as
  /// missing.
  void set(const std::string& column, const std::string& text);
  void set(const std::string& column, double value);
  void set(const std::string& column, const std::optional<double>& value);  ///< missing where it is none

  std::size_t rows() const { return rows_; }
  const std::vector<std::string>& columns() const { return order_; }
  bool is_text(const std::string& column) const { return texts_.contains(column); }
  /// [row]; missing = empty text or NaN. Throws std::out_of_range for a column of the other sort.
  const std::vector<std::string>& texts(const std::string& column) const { return texts_.at(column); }
  const std::vector<double>& numbers(const std::string& column) const { return numbers_.at(column); }

 private:
  std::size_t rows_ = 0;
  std::vector<std::string> order_;
  std::map<std::string, std::vector<std::string>> texts_;
  std::map<std::string, std::vector<double>> numbers_;
};

/// A header line, then a line a row; missing cells are empty.
std::string findings_csv(const FindingsTable& table);

/// Writes CSV, or HDF5 when the path ends in .h5, atomically. In HDF5 a column "uas/micro.final" is
/// /uas/micro_final [row] (float64, NaN missing; strings for words) on the scale /row, which holds the texts
/// of the first column; attributes schema = "onset-findings", schema_version = 1. Throws Error(io).
void write_findings(const FindingsTable& table, const std::filesystem::path& path);

}  // namespace onset
