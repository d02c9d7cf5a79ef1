-- A rollback goes past suspension and mode; a run that is requested doesn't.
local status = obj.status or {}
local suspended = obj.spec.suspend == true
local observes = obj.spec.mode == "Observe"
local promoted = status.served ~= nil and status.served.run ~= nil
return {
  suspend = {disabled = suspended},
  resume = {disabled = not suspended},
  retrain = {disabled = suspended or observes or status.activeRun ~= nil},
  rollback = {disabled = not promoted},
}
