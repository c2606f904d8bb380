// Whom a signed identity names: only to keep people's things apart in this browser. The server checks the signature.
import { decode } from './encode.js';

const claims = (part) => {
  try {
    const bytes = atob(part.replace(/-/g, '+').replace(/_/g, '/'));
    return decode(decodeURIComponent(escape(bytes))) || {};
  } catch (_) {
    return {};
  }
};

// A short mark of the person whom `token` (a JWT, or payload.signature) names; never the name itself, it may be an e-mail.
export const personOf = (token) => {
  const parts = String(token).split('.');
  const { sub } = claims(parts[parts.length > 2 ? 1 : 0] || '');
  const name = sub === undefined ? token : 'sub:' + sub;
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  return (high >>> 0).toString(36) + (low >>> 0).toString(36);
};
