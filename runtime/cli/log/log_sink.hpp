// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>

namespace spdlog {
class logger;
}

namespace nexus::llm::cli {

class Output;

/// Creates a logger that writes to stderr through `output`, which must outlive the logger.
[[nodiscard]] std::shared_ptr<spdlog::logger> make_logger(Output& output);

} // namespace nexus::llm::cli
