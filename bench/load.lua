-- One command per request, each under its own idempotency key, each to any of the episodes of a file. What
-- stands for @number in the body differs in each, because an entry that says the same again is another matter.
local thread_number = 0

function setup(thread)
  thread:set("number", thread_number)
  thread_number = thread_number + 1
end

function init(args)
  paths = {}
  for line in io.lines(args[1]) do
    paths[#paths + 1] = line
  end
  local body_file = io.open(args[2])
  body = body_file:read("*a")
  body_file:close()
  wrk.method = "POST"
  wrk.headers["Authorization"] = "Bearer " .. args[3]
  wrk.headers["Content-Type"] = "application/json"
  run = tonumber(args[4])
  count = 0
  math.randomseed(2 * run + number)
end

function request()
  count = count + 1
  wrk.headers["Idempotency-Key"] = string.format("%08x-%04x-4000-8000-%012x", run, number, count)
  local told = body:gsub("@number", run .. "." .. number .. "." .. count)
  return wrk.format(nil, paths[math.random(#paths)], nil, told)
end

function done(summary, latency, requests)
  local errors = summary.errors
  local bad = errors.status + errors.connect + errors.read + errors.write + errors.timeout
  if bad > 0 then
    io.write(string.format("ERRORS %d by status, %d late, %d connections\n", errors.status, errors.timeout,
      errors.connect + errors.read + errors.write))
  end
  io.write(string.format("RESULT %f %d %f %f\n", summary.requests / summary.duration * 1e6, bad,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
