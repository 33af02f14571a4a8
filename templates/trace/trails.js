// Trails: along the inputs of numbers, and to the settings that shape them

function reach(start, next) {
  const found = new Set(start), todo = [...start];
  while (todo.length) for (const one of next[todo.pop()]) if (!found.has(one)) found.add(one), todo.push(one);
  return found;
}

const settingOf = (id) => data.settings.findIndex(([path]) => `${id}.`.startsWith(`setting.${path}.`));
const settingsOf = (i) => (q.kind[i] === "setting" ? [settingOf(q.id[i])].filter((one) => one >= 0) : shaped[i]);
