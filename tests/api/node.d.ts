// As much of Node as the journey uses.
declare module 'node:fs' {
	export function readFileSync(path: string): Uint8Array<ArrayBuffer>;
}
declare const process: { pid: number };
