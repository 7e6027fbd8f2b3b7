// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/image_file.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <system_error>

#include "config/file_io.hpp"

namespace nexus::llm::cli {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t largest_image = std::size_t{64} << 20;

bool is_image(std::string_view bytes) {
  constexpr std::array beginnings{"\x89PNG\r\n\x1A\n"sv, "\xFF\xD8\xFF"sv, "GIF8"sv, "BM"sv};
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [bytes](std::string_view begin) { return bytes.starts_with(begin); }) ||
         (bytes.starts_with("RIFF") && bytes.size() > 12 && bytes.substr(8, 4) == "WEBP");
}

} // namespace

std::string to_base64(std::string_view bytes) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const auto count = std::min<std::size_t>(3, bytes.size() - at);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = group << 8 | (i < count ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i)
      text += i <= count ? alphabet[group >> (18 - 6 * i) & 63U] : '=';
  }
  return text;
}

Result<std::string> read_image(const std::string& path) {
  std::error_code error;
  const auto bytes = read_file(path, largest_image, error);
  if (!bytes)
    return failure(ErrorCode::invalid_argument,
                   "`" + path + "` cannot be read: " + error.message());
  if (!is_image(*bytes))
    return failure(ErrorCode::invalid_argument,
                   "`" + path +
                       "` is no image that Ollama reads; PNG, JPEG, WebP, GIF and BMP are");
  return to_base64(*bytes);
}

Result<std::vector<std::string>> read_images(const std::vector<std::string>& paths) {
  std::vector<std::string> images;
  for (const auto& path : paths) {
    auto image = read_image(path);
    if (!image)
      return failure(std::move(image.error()));
    images.push_back(std::move(*image));
  }
  return images;
}

} // namespace nexus::llm::cli
