"""The controller: kopf's watches enqueue, the workqueue calls, one reconcile takes a step for one monitor."""
