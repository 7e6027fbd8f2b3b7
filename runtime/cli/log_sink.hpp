#pragma once

#include <memory>

namespace spdlog {
class logger;
}

namespace nexus::llm::cli {

class Output;

/// A logger whose lines go to stderr by way of `output`, which must outlive it.
[[nodiscard]] std::shared_ptr<spdlog::logger> make_logger(Output& output);

} // namespace nexus::llm::cli
