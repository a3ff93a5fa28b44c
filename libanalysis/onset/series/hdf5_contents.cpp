#include "onset/series/hdf5_contents.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "onset/base/error.h"
#include "onset/base/file.h"
#include "onset/series/cbor.h"
#include "onset/series/contained.h"
#include "onset/series/hdf5_reader.h"

namespace onset {
namespace {

using nlohmann::json;

json encode_array(const Hdf5Array& array) {
  return {{"kind", array.kind},     {"dims", array.dims},     {"is_scale", array.is_scale},
          {"scales", array.scales}, {"loaded", array.loaded}, {"numbers", encode_values(array.numbers)},
          {"texts", array.texts}};
}

Hdf5Array decode_array(const json& encoded) {
  Hdf5Array array;
  encoded.at("kind").get_to(array.kind);
  encoded.at("dims").get_to(array.dims);
  encoded.at("is_scale").get_to(array.is_scale);
  encoded.at("scales").get_to(array.scales);
  encoded.at("loaded").get_to(array.loaded);
  encoded.at("texts").get_to(array.texts);
  array.numbers = decode_values(encoded.at("numbers"));
  std::uint64_t count = 1;
  for (const std::uint64_t size : array.dims) count *= size;
  const bool text = array.kind == Hdf5Array::Kind::text;
  const std::uint64_t found =
      text ? array.texts.size() : static_cast<std::uint64_t>(value_count(array.numbers));
  if (array.scales.size() != array.dims.size() || (array.loaded && found != count)) {
    throw std::runtime_error("an array does not fit its shape");
  }
  return array;
}

json encode_contents(const Hdf5Contents& contents) {
  json out = {{"groups", contents.groups}, {"order", contents.order}, {"others", contents.other_attributes}};
  for (const auto& [path, attributes] : contents.attributes)
    out["attributes"][path] = encode_attributes(attributes);
  out["arrays"] = json::object();
  for (const auto& [path, array] : contents.arrays) out["arrays"][path] = encode_array(array);
  return out;
}

Hdf5Contents decode_contents(const json& encoded) {
  Hdf5Contents contents;
  encoded.at("groups").get_to(contents.groups);
  encoded.at("order").get_to(contents.order);
  encoded.at("others").get_to(contents.other_attributes);
  for (const auto& [path, attributes] : encoded.at("attributes").items()) {
    contents.attributes.emplace(path, decode_attributes(attributes));
  }
  for (const auto& [path, array] : encoded.at("arrays").items())
    contents.arrays.emplace(path, decode_array(array));
  return contents;
}

/// What memory reading takes, so that damaged lengths in the file cannot ask for all there is.
class Allowance {
 public:
  explicit Allowance(std::uint64_t file_size) : allowed_((std::uint64_t{256} << 20U) + 8 * file_size) {
    memory_.set(allowed_);
  }

  /// Room for these values: as read, as JSON, as CBOR that grows by doubling, as sent.
  void add(const Hdf5Array& array) {
    std::uint64_t bytes = array.kind == Hdf5Array::Kind::text ? 64 : 8;
    for (const std::uint64_t size : array.dims) bytes *= size;
    memory_.set(allowed_ += 6 * bytes);
  }

 private:
  MemoryAllowance memory_;
  std::uint64_t allowed_;
};

/// Names what lies in a group.
void list_members(Hdf5Reader& file, const std::string& group, Hdf5Contents& out) {
  const std::string prefix = group == "/" ? "/" : group + "/";
  for (const auto& [name, is_group] : file.members(group)) {
    const std::string path = prefix + name;
    if (!is_group) out.order.push_back(path);
    // Groups of the root, and groups in those.
    if (is_group && std::ranges::count(path, '/') <= 2) out.groups.push_back(path);
  }
}

/// Describes an array, and loads it if it is wanted.
void read_array(Hdf5Reader& file, const std::string& path, const Hdf5Wanted& wanted, Allowance& allowance,
                Hdf5Contents& out) {
  Hdf5Array array = file.describe(path);
  if (wanted(path, array)) {
    file.check(path, array);
    allowance.add(array);
    file.load(path, array);
  }
  out.attributes[path] = file.attributes(path);
  out.arrays.emplace(path, std::move(array));
}

}  // namespace

Hdf5Contents read_hdf5(const std::filesystem::path& path, const Hdf5Wanted& wanted) {
  const std::uint64_t size =
      MappedFile(path).bytes().size();  // tells a missing file, a folder, a forbidden one apart
  // Slow disks give a megabyte a second; a library caught in a loop gives nothing.
  const std::chrono::seconds limit(20 + static_cast<std::int64_t>(size >> 20U));
  const std::string bytes = run_contained(path, limit, [&] {
    Allowance allowance(size);
    Hdf5Reader file(path);
    Hdf5Contents contents;
    contents.attributes["/"] = file.attributes("/", &contents.other_attributes);
    // All is listed before any is described: scales are told by where they lie.
    list_members(file, "/", contents);
    for (std::size_t i = 0; i < contents.groups.size(); ++i) {  // grows as it goes
      const std::string group = contents.groups[i];
      contents.attributes[group] = file.attributes(group);
      list_members(file, group, contents);
    }
    for (const std::string& array : contents.order) read_array(file, array, wanted, allowance, contents);
    return to_cbor(encode_contents(contents));
  });
  try {
    Hdf5Contents contents = decode_contents(from_cbor(bytes));
    contents.file = path.string();
    return contents;
  } catch (const std::exception&) {
    throw error_in(ErrorKind::bad_data, path.string(), "damaged: the HDF5 library fails on it");
  }
}

}  // namespace onset
