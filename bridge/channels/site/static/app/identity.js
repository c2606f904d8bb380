// Whom a signed identity names: only to keep people's things apart in this browser. The server checks the signature.
import { decode } from './encode.js';

// A short mark of the person whom `token` (a JWT, or payload.signature) names; not the name itself, which may be an e-mail.
export const personOf = (token) => {
  const parts = String(token).split('.');
  let claims = null;
  try {
    claims = decode(atob(parts[parts.length > 2 ? 1 : 0].replace(/-/g, '+').replace(/_/g, '/')));
  } catch (_) { /* the server will say so */ }
  const name = claims ? 'sub:' + claims.sub : token;
  let mark = 7;
  for (let i = 0; i < name.length; i++) mark = Math.imul(mark ^ name.charCodeAt(i), 0x5bd1e995) ^ mark >>> 15;
  return (mark >>> 0).toString(36);
};
