// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nexus_llm/result.hpp"

namespace nexus::llm::cli {

/// Returns bytes in base64: the standard alphabet, padded.
[[nodiscard]] std::string to_base64(std::string_view bytes);

/// Reads an image and returns it in base64, as a message takes it.
/// Errors: `invalid_argument` for a file that cannot be read, is too large, or is neither PNG,
/// JPEG, GIF, BMP nor WebP.
[[nodiscard]] Result<std::string> read_image(const std::string& path);
/// Reads several images. Errors: those of the first that fails.
[[nodiscard]] Result<std::vector<std::string>> read_images(const std::vector<std::string>& paths);

} // namespace nexus::llm::cli
