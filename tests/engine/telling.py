"""Events of a made-up run of ten epochs of ten batches, as its worker would tell them."""


def started(step=0, **more):
    epoch = step / 10
    counts = {"total_steps": 100, "steps_per_epoch": 10, "train_images": 640, "validation_images": 100}
    return {"event": "RunStarted", "step": step, "epoch": epoch, "seconds": step / 10} | counts | more


def batches(first, last, losses=None, **more):
    steps = list(range(first, last + 1))
    columns = {
        "step": steps,
        "epoch": [step / 10 for step in steps],
        "loss": list(losses) if losses is not None else [2 / step for step in steps],
        "accuracy": [0.5] * len(steps),
        "learning_rate": [0.1] * len(steps),
        "gradient_norm": [1.0] * len(steps),
    }
    return {"event": "Batches", "seconds": last / 10, "images_per_second": 640.0} | columns | more


def epoch_done(number, accuracy, best, train_loss=0.1, loss=0.2, **more):
    figures = {
        "train_loss": train_loss,
        "train_accuracy": 0.99,
        "validation_loss": loss,
        "validation_accuracy": accuracy,
    }
    place = {"step": 10 * number, "epoch": float(number), "seconds": float(number)}
    return {"event": "EpochDone", "best": best} | place | figures | more


def probed(step, update=0.01, weights=10.0, dead=None, dead_share=None):
    place = {"step": step, "epoch": step / 10, "seconds": step / 10}
    norms = {"update_norm": update, "weight_norm": weights}
    return {"event": "Probed", "dead": dead or {}, "dead_share": dead_share} | place | norms


def forked(step, **changes):
    place = {"step": step, "epoch": step / 10, "seconds": step / 10}
    return {"event": "Forked", "parent": "first", "changes": changes} | place
