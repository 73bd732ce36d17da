// Drafts: kept in this browser until they are published or cleared, each under the name of its form.

const UNDER = "ledger.draft.";

export function kept(name) {
  try {
    return JSON.parse(localStorage.getItem(UNDER + name));
  } catch {
    return null; // a browser that keeps nothing, or something else under this name
  }
}

// Whether it is kept.
export function keep(name, draft) {
  try {
    localStorage.setItem(UNDER + name, JSON.stringify(draft));
    return true;
  } catch {
    return false;
  }
}

export function clear(name) {
  try {
    localStorage.removeItem(UNDER + name);
  } catch { /* nothing is kept */ }
}
