-- Neither spec.approval nor spec.abort can be changed once it is set.
local status = obj.status or {}
local awaits = status.stage == "AwaitingApproval" and obj.spec.approval == nil
return {
  approve = {disabled = not awaits},
  reject = {disabled = not awaits},
  abort = {disabled = status.outcome ~= nil or obj.spec.abort == true},
}
