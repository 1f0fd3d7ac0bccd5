-- Reads without a pause: a path, or with `poll` the feed from where the last answer of this thread ended.
function init(args)
  path, after = args[1], args[2]
  wrk.headers["Authorization"] = "Bearer " .. args[3]
end

function request()
  if after == "" then
    return wrk.format(nil, path)
  end
  return wrk.format(nil, path .. after)
end

function response(status, headers, body)
  local reached = body:match('"next":"(%w+)"')
  if reached and after ~= "" then
    after = reached
  end
end
