#include "onset/series/findings_table.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "onset/base/file.h"
#include "onset/series/csv_cells.h"
#include "onset/series/hdf5_writer.h"

namespace onset {
namespace {

/// "uas/micro.final" -> "/uas/micro_final"
std::string dataset_of(std::string column) {
  std::ranges::replace(column, '.', '_');
  return "/" + column;
}

std::string as_hdf5(const FindingsTable& table) {
  Hdf5Writer file;
  file.write_attribute("/", "schema", std::string("onset-findings"));
  file.write_attribute("/", "schema_version", std::int64_t{1});
  const std::string scale = "/row";
  const std::string& first = table.columns().front();
  file.write_labels(scale, table.texts(first));
  file.make_scale(scale, "row");
  std::set<std::string> groups;
  for (const std::string& column : table.columns()) {
    const std::string path = dataset_of(column);
    for (std::size_t slash = path.find('/', 1); slash != std::string::npos;
         slash = path.find('/', slash + 1)) {
      const std::string group = path.substr(0, slash);
      if (groups.insert(group).second) file.create_group(group);
    }
    if (table.is_text(column)) {
      file.write_labels(path, table.texts(column));
    } else {
      file.write_numbers(path, {table.rows()}, table.numbers(column), {});
    }
    file.attach_scale(path, 0, scale);
  }
  return file.finish();
}

}  // namespace

void FindingsTable::start_row() {
  ++rows_;
  for (auto& [name, cells] : texts_) cells.resize(rows_);
  for (auto& [name, cells] : numbers_) cells.resize(rows_, std::numeric_limits<double>::quiet_NaN());
}

void FindingsTable::set(const std::string& column, const std::string& text) {
  const auto [place, fresh] = texts_.try_emplace(column, rows_);
  if (fresh) order_.push_back(column);
  place->second.at(rows_ - 1) = text;
}

void FindingsTable::set(const std::string& column, double value) {
  const auto [place, fresh] = numbers_.try_emplace(column, rows_, std::numeric_limits<double>::quiet_NaN());
  if (fresh) order_.push_back(column);
  if (std::isfinite(value)) place->second.at(rows_ - 1) = value;
}

void FindingsTable::set(const std::string& column, const std::optional<double>& value) {
  set(column, value.value_or(std::numeric_limits<double>::quiet_NaN()));
}

std::string findings_csv(const FindingsTable& table) {
  std::string out;
  const auto add = [&](std::size_t column, const std::string& cell) {
    out += (column > 0 ? "," : "") + cell;
  };
  const std::vector<std::string>& columns = table.columns();
  for (std::size_t c = 0; c < columns.size(); ++c) add(c, csv_text(columns[c]));
  out += '\n';
  for (std::size_t row = 0; row < table.rows(); ++row) {
    for (std::size_t c = 0; c < columns.size(); ++c) {
      add(c, table.is_text(columns[c]) ? csv_text(table.texts(columns[c])[row])
                                       : csv_number(table.numbers(columns[c])[row]));
    }
    out += '\n';
  }
  return out;
}

void write_findings(const FindingsTable& table, const std::filesystem::path& path) {
  write_file_atomically(path, path.extension() == ".h5" ? as_hdf5(table) : findings_csv(table));
}

}  // namespace onset
