-- SPDX-License-Identifier: MIT
-- push - for wrk: every request pushes one new record of about one KiB.
--
-- The requests come from many devices in turn, as a server sees them, each with
-- a cursor that it got before: a single device that never moved its cursor
-- would measure how fast its own old rows are skipped.
local devices = 20000
local made = 0
local padding = string.rep("x", 820)

local function request_of(device)
    local body = '{"clientId":"d' .. device .. '","appId":"a' .. device ..
        '","since":"2026-01-01T00:00:00.000Z","changes":[{"table":"tasks",' ..
        '"op":"insert","data":{"updatedAt":"2026-03-27T10:00:00.000Z",' ..
        '"title":"' .. padding .. '"},"id":"'
    return wrk.format("POST", "/sync/a" .. device, {
        ["Authorization"] = "Bearer writer",
        ["X-Client-Id"] = "d" .. device,
        ["Content-Type"] = "application/json",
    }, body .. string.rep("0", 10) .. '"}]}')
end

local heads = {}

function init()
    for device = 1, devices do
        heads[device] = request_of(device):sub(1, -15)
    end
end

function request()
    made = made + 1
    return heads[made % devices + 1] .. string.format('%010d"}]}', made)
end
