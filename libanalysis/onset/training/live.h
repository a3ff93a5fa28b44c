// How the trainer shows its model to whoever measures it while it trains. What is measured is not the
// trainer's business: all it hears is whether a break is suspected, and then it saves more often.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "onset/model/bert.h"
#include "onset/text/wordpiece.h"

namespace onset {

/// The model after some updates.
struct LiveModel {
  std::int64_t step = 0;
  const Bert& bert;    ///< the trainer's own memory, read only; its tensors take no gradients
  std::string sha256;  ///< that the checkpoint of this step has or would have (weights_sha256)
};

struct LiveVerdict {
  bool suspected = false;  ///< whether a break is suspected at what was measured last
  std::string why;         ///< a few words, where it is: "uas/micro rises faster (4.2 standard errors)"
};

/// Called by one thread. What it throws ends the training, after a checkpoint where that is Interrupted. For
/// a run that was interrupted to save what an unbroken one does, the verdict must be a function of what was
/// measured up to the step asked about.
class LiveObserver {
 public:
  LiveObserver() = default;
  LiveObserver(const LiveObserver&) = delete;
  LiveObserver& operator=(const LiveObserver&) = delete;
  virtual ~LiveObserver() = default;

  /// Before anything is written.
  virtual void prepare(const BertConfig& shape, const std::shared_ptr<const WordPiece>& wordpiece) = 0;
  /// The run starts at this step or goes on from it: what was measured after it does not count.
  virtual LiveVerdict begin(std::int64_t step) = 0;
  /// At the steps of LiveSettings::steps, the run's first and its last, in order; once more for the step
  /// that begin was told, which may have been measured already.
  virtual LiveVerdict measure(const LiveModel& model) = 0;
};

}  // namespace onset
