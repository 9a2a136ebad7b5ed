export { type Note, open, type Signature } from './open.ts';
export { sign, type UnsignedNote } from './sign.ts';
export { generateKey, type KeyPair, newEd25519Signer, newSigner, type Signer } from './signer.ts';
export { newEd25519VerifierKey, newVerifier, type Verifier, type Verifiers, verifierList } from './verifier.ts';
