// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "tests/real/report.hpp"
#include "tests/real/stage.hpp"

namespace nexus::llm::real {

/// What comes back: texts, structure, vectors.
void answer_checks(const Stage& stage, Report& report);
/// Prompts that are longer than the context window.
void window_checks(const Stage& stage, Report& report);
/// One model, several clients, one load.
void sharing_checks(const Stage& stage, Report& report);
/// Requests that are ended early, and many at once.
void ending_checks(const Stage& stage, Report& report);
/// The program itself.
void command_checks(const Stage& stage, Report& report);
/// Servers and runners that die.
void failure_checks(const Stage& stage, Report& report);

} // namespace nexus::llm::real
