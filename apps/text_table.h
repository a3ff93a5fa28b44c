// Tables for people: columns as wide as their widest cell, numbers to the right.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace onset::apps {

class TextTable {
 public:
  /// `right`: one a column, whether its cells stand to the right.
  TextTable(std::vector<std::string> header, std::vector<bool> right);
  /// As many cells as the header has. Each stays on its line: control characters become \xNN.
  void add(std::vector<std::string> row);
  void print(std::ostream& out) const;

 private:
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;  // the header first
};

/// With so many digits after the point; "–" for what is not finite.
std::string fixed(double value, int digits);

}  // namespace onset::apps
