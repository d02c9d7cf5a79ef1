-- Of one run, for the tree: a run isn't in Git, so that an Application's health doesn't count it.
-- Degraded: it failed, or its candidate was rolled back. A candidate that the gate refused is a run that did its work.
local status = obj.status or {}
local message = status.message or status.outcome or status.stage or "New"

if status.outcome == "Failed" or status.outcome == "RolledBack" then
  return {status = "Degraded", message = message}
end
if status.outcome ~= nil then
  return {status = "Healthy", message = message}
end
if status.stage == "AwaitingApproval" and obj.spec.approval == nil then
  return {status = "Suspended", message = message}
end
return {status = "Progressing", message = message}
