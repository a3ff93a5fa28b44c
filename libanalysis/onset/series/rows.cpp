#include "onset/series/rows.h"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "onset/base/error.h"
#include "onset/base/file.h"
#include "onset/base/sha256.h"
#include "onset/series/cbor.h"

namespace onset {
namespace {

using nlohmann::json;

constexpr std::string_view format_line = "onset-row 1\n";
constexpr std::string_view temporary_mark = ".tmp-";
constexpr std::size_t digest_size = 32;

/// A variable without its description, which may be reworded without computing anything again.
json encode_content(const Variable& variable) {
  return {{"name", variable.name}, {"axes", variable.axes}, {"values", encode_values(variable.values)}};
}

bool all_of(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

std::string file_name(const RowKey& key) {
  constexpr std::string_view hex = "0123456789abcdef";
  constexpr std::string_view word = "abcdefghijklmnopqrstuvwxyz0123456789_";
  const std::size_t slash = key.group.find('/');  // "glue/cola"
  const bool good_group = slash == std::string::npos ? all_of(key.group, word)
                                                     : all_of(key.group.substr(0, slash), word) &&
                                                           all_of(key.group.substr(slash + 1), word);
  if (!good_group || !all_of(key.checkpoint_sha256, hex) || !all_of(key.options_key, hex) ||
      key.checkpoint_sha256.size() != 64 || key.options_key.size() != 64) {
    throw Error(ErrorKind::bug,
                "row key: expected a group of lower-case letters, digits and _ and two SHA-256");
  }
  std::string group = key.group;
  if (slash != std::string::npos) group[slash] = '+';
  // Half the digits keep the name short; the whole key stands in the row and is compared.
  return group + "-" + key.checkpoint_sha256.substr(0, 32) + "-" + key.options_key.substr(0, 32) + ".row";
}

std::string digest_of(std::string_view bytes) {
  const auto digest = Sha256().update(bytes).digest();
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

/// Throws std::exception saying what is wrong with the row.
Measurement parse_row(std::string_view bytes, const RowKey& key) {
  if (bytes.size() < format_line.size() + digest_size) throw std::runtime_error("too short");
  const std::string_view digest = bytes.substr(bytes.size() - digest_size);
  bytes.remove_suffix(digest_size);
  if (digest != digest_of(bytes)) throw std::runtime_error("digest does not match");
  if (!bytes.starts_with(format_line)) throw std::runtime_error("unknown format");
  const json row = from_cbor(bytes.substr(format_line.size()));
  if (row.at("group") != key.group || row.at("checkpoint") != key.checkpoint_sha256 ||
      row.at("options") != key.options_key) {
    throw std::runtime_error("holds another key");
  }
  Measurement measurement;
  for (const json& entry : row.at("variables")) {
    Variable variable;
    entry.at("name").get_to(variable.name);
    entry.at("axes").get_to(variable.axes);
    entry.at("units").get_to(variable.units);
    entry.at("description").get_to(variable.description);
    variable.values = decode_values(entry.at("values"));
    measurement.variables.push_back(std::move(variable));
  }
  return measurement;
}

/// The process a temporary belongs to, by its name's end; 0 when the name is not one of a temporary.
pid_t owner_of(const std::string& name) {
  const std::size_t mark = name.rfind(temporary_mark);
  if (mark == std::string::npos) return 0;
  pid_t pid = 0;
  const char* const end = name.data() + name.size();
  const auto [stop, fault] = std::from_chars(name.data() + mark + temporary_mark.size(), end, pid);
  return fault == std::errc() && stop == end && pid > 0 ? pid : 0;
}

bool is_dead(pid_t pid) { return ::kill(pid, 0) != 0 && errno == ESRCH; }

void remove_stale_temporaries(const std::filesystem::path& folder) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    const pid_t owner = owner_of(entry.path().filename().string());
    // A temporary with our own number is of an earlier process: this one has not begun to write here.
    if (owner != 0 && (owner == ::getpid() || is_dead(owner))) std::filesystem::remove(entry.path(), ignored);
  }
}

Error cannot_create(const std::filesystem::path& folder, const std::error_code& fault) {
  return error_in(ErrorKind::io, folder.string(), "cannot create the folder: " + fault.message());
}

}  // namespace

std::string options_key(const Frame& frame) {
  json content = {{"group", frame.group}, {"axes", json::array()}, {"constants", json::array()}};
  for (const Axis& axis : frame.axes) {
    const json labels = std::visit([](const auto& values) { return json(values); }, axis.labels);
    content["axes"].push_back({{"name", axis.name}, {"labels", labels}});
  }
  for (const Variable& constant : frame.constants) content["constants"].push_back(encode_content(constant));
  content["attributes"] = encode_attributes(frame.attributes);
  return sha256_hex(to_cbor(content));
}

RowStore::RowStore(std::filesystem::path folder, Warn warn)
    : folder_(std::move(folder)), warn_(std::move(warn)) {
  std::error_code fault;
  const auto type = std::filesystem::status(folder_, fault).type();
  if (fault && fault != std::errc::no_such_file_or_directory) throw cannot_create(folder_, fault);
  if (type == std::filesystem::file_type::not_found) return;
  if (type != std::filesystem::file_type::directory)
    throw error_in(ErrorKind::io, folder_.string(), "expected a folder");
  remove_stale_temporaries(folder_);
}

bool RowStore::has(const RowKey& key) const { return read(key).has_value(); }

std::optional<Measurement> RowStore::read(const RowKey& key) const {
  const std::filesystem::path path = folder_ / file_name(key);
  try {
    const MappedFile file(path);
    return parse_row(file.text(), key);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::missing_input) return std::nullopt;
    throw;
  } catch (const std::bad_alloc&) {
    throw;  // says nothing of the row
  } catch (const std::exception& error) {
    std::filesystem::path aside = path;
    aside += ".damaged";
    std::error_code ignored;
    std::filesystem::rename(path, aside, ignored);
    if (warn_)
      warn_(path.string() + ": damaged row (" + error.what() + "), set aside; it will be computed again");
    return std::nullopt;
  }
}

void RowStore::write(const RowKey& key, const Measurement& measurement) const {
  json row = {{"group", key.group},
              {"checkpoint", key.checkpoint_sha256},
              {"options", key.options_key},
              {"variables", json::array()}};
  for (const Variable& variable : measurement.variables) {
    json entry = encode_content(variable);
    entry["units"] = variable.units;
    entry["description"] = variable.description;
    row["variables"].push_back(std::move(entry));
  }
  const std::filesystem::path path = folder_ / file_name(key);
  std::string bytes(format_line);
  bytes += to_cbor(row);
  bytes += digest_of(bytes);
  std::error_code fault;
  std::filesystem::create_directories(folder_, fault);
  if (fault) throw cannot_create(folder_, fault);
  try {
    write_file_atomically(path, bytes);
  } catch (const Error&) {
    // Process numbers are a machine's own: another machine that opens this folder may have taken our
    // temporary for a dead process's. That cannot strike twice, and any other fault will.
    write_file_atomically(path, bytes);
  }
}

}  // namespace onset
