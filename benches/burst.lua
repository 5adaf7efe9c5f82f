-- For wrk (https://github.com/wg/wrk): sends each request of a folder once, and prints a line of JSON at the end.
--
--     wrk -c CONNECTIONS -t 1 -d SECONDS -s burst.lua URL -- FOLDER COUNT

local requests, sent, answered, refused, count = {}, 0, 0, 0, 0

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

function init(args)
  count = tonumber(args[2])
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["Accept"] = "application/json"
  for number = 1, count do
    requests[number] = wrk.format("POST", nil, nil, read(args[1] .. "/" .. number))
  end
end

function request()
  -- Connections that are opened when all is sent have nothing to do any more, and wrk wants something to send.
  sent = math.min(sent + 1, count)
  return requests[sent]
end

function response(status)
  answered = answered + 1
  if status ~= 202 then
    refused = refused + 1
  end
  if answered >= count then
    wrk.thread:stop()
  end
end

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function done(summary, latency)
  local part = function(percent)
    return string.format("%.3f", latency:percentile(percent) / 1000)
  end
  print(string.format(
    '{"p50": %s, "p95": %s, "p99": %s, "max": %.3f, "seconds": %.6f, "answered": %d, "failed": %d}',
    part(50), part(95), part(99), latency.max / 1000, summary.duration / 1e6, summary.requests,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout
  ))
end
